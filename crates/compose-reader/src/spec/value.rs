//! The values that keys take: the forms in which they are written, the one that they have, and how it is printed.

use super::{Fields, Holder, Holds};

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// The forms in which it may be written, of which no two fit one value.
    pub forms: &'static [Form],
    /// How it is printed.
    pub print: Print,
    /// How what is written is made the long form that is printed.
    pub short: Option<Short>,
    holds: Holds,
}

/// A form in which a value is written.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A whole number from the first to the second, where there are bounds.
    Whole(Option<i64>, Option<i64>),
    /// Any number.
    Number,
    /// Text.
    Text(Texts),
    /// A list.
    List(List),
    /// A mapping.
    Mapping(&'static Fields),
    /// The mapping of what runs as a container, which may hold another one.
    Container(Holder),
}

/// Which texts.
#[derive(Clone, Copy, Debug)]
pub enum Texts {
    /// Any.
    Any,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Those of a pattern: as a regular expression, and as code.
    Like(&'static str, fn(&str) -> bool),
}

/// A list.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// What its items are.
    pub item: &'static Type,
    /// Whether no two items may be equal.
    pub is_set: bool,
}

/// How a value is printed, and what is left out where it is empty.
///
/// Source: `docker compose config --format json` and `--format yaml` of 2.40.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    /// Not at all.
    Nothing,
    /// As text.
    Text,
    /// As a boolean; left out when it is not set, or when it is false as well.
    Boolean {
        /// Whether `false` is printed.
        keeps_false: bool,
    },
    /// As `false`; left out when it is anything else.
    False,
    /// As a whole number; left out when it is not set, or when it is 0 as well.
    Count {
        /// Whether 0 is printed.
        keeps_zero: bool,
    },
    /// As any number.
    Share,
    /// As a number of bytes.
    Bytes,
    /// As a duration.
    Duration {
        /// Whether 0 is printed.
        keeps_zero: bool,
    },
    /// As a list of words; one that is not set is `null`.
    Command,
    /// As the list that a health check has.
    Test,
    /// As a list of texts.
    Texts,
    /// As a mapping of texts, where a value that is none is empty.
    Pairs,
    /// The same, where a value may be none.
    Variables,
    /// As a mapping of lists of texts.
    Options,
    /// As a list of `HOST=ADDRESS`.
    Hosts,
    /// As one number, or as two.
    Limit,
    /// As octal digits.
    Mode,
    /// As a number of devices, -1 for all.
    Devices,
    /// As a list of `ID=PATH`.
    Keys,
    /// As a list of what its items are.
    List,
    /// The same, each port by itself.
    Ports,
    /// As a mapping, by name.
    Named,
    /// As a mapping, in the order of its keys.
    Fields,
    /// The same, in JSON even where it is empty.
    AlwaysFields,
    /// As a device of the disk, whose keys begin with a capital in JSON and are all printed.
    Disk,
}

/// How what is written is made long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// One value is a list of one.
    List,
    /// The same, and empty items are left out.
    FilledList,
    /// A text is a mapping with this key.
    Key(&'static str),
    /// A list of names is a mapping by name.
    Names,
    /// A list of `NAME=VALUE` is a mapping.
    Pairs,
    /// The same, where `default` stands alone.
    Keys,
    /// `all` is a list of all devices.
    Gpus,
    /// A text is a device, `SOURCE:TARGET:PERMISSIONS`.
    Device,
    /// A text is a mount, `SOURCE:TARGET:OPTIONS`.
    Mount,
    /// A text in the list is one port or several.
    Ports,
    /// A trigger with several paths is several triggers.
    Triggers,
    /// `external: {name: x}` is `external: true` and `name: x`.
    External,
}

impl Type {
    pub(super) const fn new(forms: &'static [Form], print: Print) -> Self {
        let mut holds = match print {
            Print::Pairs | Print::Variables | Print::Options => Holds::COERCED,
            _ => Holds::NOTHING,
        };
        let mut left = forms;
        while let [form, others @ ..] = left {
            holds = holds.and(match form {
                Form::Mapping(fields) => {
                    let mut all = Holds::NOTHING;
                    let mut keys = fields.keys;
                    while let [key, others @ ..] = keys {
                        all = all.and(key.all());
                        keys = others;
                    }
                    all
                }
                Form::List(list) => {
                    let all = list.item.all();
                    let is_word = matches!(print, Print::Texts) && list.item.forms.len() > 1;
                    if is_word { all.and(Holds::COERCED) } else { all }
                }
                Form::Container(_) => Holds::ANYTHING,
                _ => Holds::NOTHING,
            });
            left = others;
        }
        Self { forms, print, short: None, holds }
    }

    pub(super) const fn short(mut self, short: Short) -> Self {
        self.short = Some(short);
        self.holds = self.holds.and(Holds::SHORT);
        self
    }

    /// The keys of its mapping.
    pub fn fields(&self) -> Option<&'static Fields> {
        self.forms.iter().find_map(Form::fields)
    }

    /// What the items of its list are.
    pub fn item(&self) -> Option<&'static Type> {
        self.forms.iter().find_map(|form| match form {
            Form::List(list) => Some(list.item),
            _ => None,
        })
    }

    /// Whether it takes text in any form but a list or mapping.
    pub fn takes_text(&self) -> bool {
        self.forms.iter().any(|form| matches!(form, Form::Text(_)))
    }

    /// What it and what is inside it hold.
    pub const fn holds(&self, what: Holds) -> bool {
        self.holds.has(what)
    }

    pub(super) const fn all(&self) -> Holds {
        self.holds
    }
}

impl Form {
    /// The keys of a mapping.
    pub fn fields(&self) -> Option<&'static Fields> {
        match self {
            Self::Mapping(fields) => Some(fields),
            Self::Container(holder) => Some(super::service::fields_of(*holder)),
            _ => None,
        }
    }

    /// What it is, for a message: `a list`, `a number`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean => "a boolean",
            Self::Whole(..) => "a whole number",
            Self::Number => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Mapping(_) | Self::Container(_) => "a mapping",
        }
    }
}
