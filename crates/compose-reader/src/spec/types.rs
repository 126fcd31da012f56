//! The types that many keys share.

use super::{Fields, Form, Key, List, Names, Print, Short, Texts, Type, any, key};

pub(super) const ANY_TEXT: Form = Form::Text(Texts::Any);
pub(super) const ANY_WHOLE: Form = Form::Whole(None, None);

pub(super) const fn list(item: &'static Type) -> Form {
    Form::List(List { item, is_set: false })
}

/// A list without equal items.
pub(super) const fn set(item: &'static Type) -> Form {
    Form::List(List { item, is_set: true })
}

pub(super) const fn one_of(texts: &'static [&'static str]) -> Form {
    Form::Text(Texts::OneOf(texts))
}

pub(super) const TEXT: &Type = &Type::new(&[ANY_TEXT], Print::Text);
pub(super) const TEXT_OR_NULL: &Type = &Type::new(&[Form::Null, ANY_TEXT], Print::Text);
pub(super) const TEXT_OR_BOOLEAN: &Type = &Type::new(&[Form::Boolean, ANY_TEXT], Print::Text);
pub(super) const TEXT_OR_WHOLE: &Type = &Type::new(&[ANY_WHOLE, ANY_TEXT], Print::Text);

const BOOLEAN_FORMS: &[Form] = &[Form::Boolean, ANY_TEXT];
/// Left out where it is false.
pub(super) const BOOLEAN: &Type = &Type::new(BOOLEAN_FORMS, Print::Boolean { keeps_false: false });
pub(super) const OPTIONAL_BOOLEAN: &Type = &Type::new(BOOLEAN_FORMS, Print::Boolean { keeps_false: true });
/// Left out where it is true.
pub(super) const TRUE_UNLESS_SAID: &Type = &Type::new(BOOLEAN_FORMS, Print::False);
/// No text stands for it, unless a variable is replaced by that.
pub(super) const STRICT_BOOLEAN: &Type = &Type::new(&[Form::Boolean], Print::Boolean { keeps_false: false });
pub(super) const STRICT_OPTIONAL_BOOLEAN: &Type =
    &Type::new(&[Form::Boolean], Print::Boolean { keeps_false: true });

const NUMBER_FORMS: &[Form] = &[Form::Number, ANY_TEXT];
const WHOLE_FORMS: &[Form] = &[ANY_WHOLE, ANY_TEXT];
/// Left out where it is 0.
const COUNT: Print = Print::Count { keeps_zero: false };
const OPTIONAL_COUNT: Print = Print::Count { keeps_zero: true };
pub(super) const NUMBER: &Type = &Type::new(NUMBER_FORMS, COUNT);
pub(super) const OPTIONAL_NUMBER: &Type = &Type::new(NUMBER_FORMS, OPTIONAL_COUNT);
pub(super) const WHOLE: &Type = &Type::new(WHOLE_FORMS, COUNT);
pub(super) const OPTIONAL_WHOLE: &Type = &Type::new(WHOLE_FORMS, OPTIONAL_COUNT);
pub(super) const STRICT_NUMBER: &Type = &Type::new(&[Form::Number], COUNT);
pub(super) const STRICT_WHOLE: &Type = &Type::new(&[ANY_WHOLE], COUNT);
pub(super) const CPUS: &Type = &Type::new(&[ANY_TEXT, Form::Whole(Some(0), None)], COUNT);
pub(super) const PERCENT: &Type = &Type::new(&[ANY_TEXT, Form::Whole(Some(0), Some(100))], Print::Share);
pub(super) const OOM_SCORE: &Type = &Type::new(&[ANY_TEXT, Form::Whole(Some(-1000), Some(1000))], COUNT);
pub(super) const SHARE: &Type = &Type::new(NUMBER_FORMS, Print::Share);
pub(super) const MODE: &Type = &Type::new(NUMBER_FORMS, Print::Mode);
pub(super) const DEVICE_COUNT: &Type = &Type::new(WHOLE_FORMS, Print::Devices);

pub(super) const BYTES: &Type = &Type::new(NUMBER_FORMS, Print::Bytes);
pub(super) const WHOLE_BYTES: &Type = &Type::new(WHOLE_FORMS, Print::Bytes);
pub(super) const TEXT_BYTES: &Type = &Type::new(&[ANY_TEXT], Print::Bytes);
pub(super) const TMPFS_BYTES: &Type = &Type::new(&[Form::Whole(Some(0), None), ANY_TEXT], Print::Bytes);

pub(super) const DURATION: &Type = &Type::new(&[ANY_TEXT], Print::Duration { keeps_zero: false });
pub(super) const OPTIONAL_DURATION: &Type = &Type::new(&[ANY_TEXT], Print::Duration { keeps_zero: true });

pub(super) const COMMAND: &Type = &Type::new(&[Form::Null, ANY_TEXT, list(TEXT)], Print::Command);
pub(super) const TEST: &Type = &Type::new(&[ANY_TEXT, list(TEXT)], Print::Test);

pub(super) const TEXTS: &Type = &Type::new(&[list(TEXT)], Print::Texts);
pub(super) const TEXT_SET: &Type = &Type::new(&[set(TEXT)], Print::Texts);
pub(super) const ONE_OR_MANY: &Type = &Type::new(&[ANY_TEXT, set(TEXT)], Print::Texts);
pub(super) const DNS: &Type = &ONE_OR_MANY.short(Short::FilledList);
pub(super) const LABEL_FILES: &Type = &Type::new(&[ANY_TEXT, list(TEXT)], Print::Texts).short(Short::List);
/// A list of texts, of which some look like numbers.
pub(super) const WORDS: &Type = &Type::new(&[set(&Type::new(NUMBER_FORMS, Print::Text))], Print::Texts);

const SCALAR: &Type = &Type::new(&[Form::Null, Form::Boolean, Form::Number, ANY_TEXT], Print::Text);
const SCALARS: &[Key] = &[any(SCALAR, "The value.")];
const PAIR_FORMS: &[Form] = &[Form::Mapping(&Fields::closed(SCALARS).named(Names::Any)), set(TEXT)];
pub(super) const PAIRS: &Type = &Type::new(PAIR_FORMS, Print::Pairs);
pub(super) const VARIABLES: &Type = &Type::new(PAIR_FORMS, Print::Variables);
pub(super) const KEYS: &Type = &Type::new(PAIR_FORMS, Print::Keys).short(Short::Keys);

const OPTION: &[Key] = &[any(&Type::new(NUMBER_FORMS, Print::Text), "The option's value.")];
/// Options of a driver.
pub(super) const OPTIONS: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(OPTION).named(Names::Any).open())], Print::Pairs);
const LOG_OPTION: &[Key] =
    &[any(&Type::new(&[Form::Null, Form::Number, ANY_TEXT], Print::Text), "The option's value.")];
pub(super) const LOG_OPTIONS: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(LOG_OPTION).named(Names::Any).open())], Print::Pairs);
pub(super) const ANY_OPTIONS: &Type = &Type::new(&[Form::Mapping(&Fields::closed(&[]).open())], Print::Pairs);

const PROVIDER_VALUE: &Type = &Type::new(&[Form::Boolean, Form::Number, ANY_TEXT], Print::Text);
const PROVIDER_VALUES: &[Form] = &[Form::Boolean, Form::Number, ANY_TEXT, list(PROVIDER_VALUE)];
const PROVIDER_OPTION: &[Key] =
    &[any(&Type::new(PROVIDER_VALUES, Print::Text), "The option's value, or several.")];
pub(super) const PROVIDER_OPTIONS: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(PROVIDER_OPTION).named(Names::Any).open())], Print::Options);

const ADDRESSES: &[Key] =
    &[any(&Type::new(&[ANY_TEXT, list(TEXT)], Print::Texts), "The host's address, or several.")];
pub(super) const HOSTS: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(ADDRESSES).named(Names::Any)), set(TEXT)], Print::Hosts);

const NAMED_TEXT: &[Key] = &[any(TEXT, "The value.")];
const NAMED_TEXTS: &[Form] = &[Form::Mapping(&Fields::closed(NAMED_TEXT).named(Names::Any))];
pub(super) const TEXT_PAIRS: &Type = &Type::new(NAMED_TEXTS, Print::Pairs);
pub(super) const UNPRINTED_TEXT_PAIRS: &Type = &Type::new(NAMED_TEXTS, Print::Nothing);

pub(super) const UNPRINTED_TEXT: &Type = &Type::new(&[ANY_TEXT], Print::Nothing);

const GRANT_SOURCE: Key = key("source", TEXT, "Its name in the section at the top.");
const GRANT_TARGET: Key = key("target", TEXT, "The path in the container.");
const GRANT_UID: Key = key("uid", TEXT, "The user that owns the file in the container.");
const GRANT_GID: Key = key("gid", TEXT, "The group that owns the file in the container.");
const GRANT_MODE: Key = key("mode", MODE, "The permissions of the file in the container, in octal digits.");
const FILE_GRANT_KEYS: &[Key] = &[GRANT_SOURCE, GRANT_TARGET, GRANT_UID, GRANT_GID, GRANT_MODE];
const SECRET_GRANT_KEYS: &[Key] =
    &[GRANT_SOURCE, GRANT_TARGET.default("/run/secrets/{source}"), GRANT_UID, GRANT_GID, GRANT_MODE];
const FILE_GRANT: &Type =
    &Type::new(&[ANY_TEXT, Form::Mapping(&Fields::closed(FILE_GRANT_KEYS))], Print::Fields)
        .short(Short::Key("source"));
const SECRET_GRANT: &Type =
    &Type::new(&[ANY_TEXT, Form::Mapping(&Fields::closed(SECRET_GRANT_KEYS))], Print::Fields)
        .short(Short::Key("source"));
/// Configs of a service, or secrets of a build.
pub(super) const FILE_GRANTS: &Type = &Type::new(&[list(FILE_GRANT)], Print::List);
pub(super) const SECRET_GRANTS: &Type = &Type::new(&[list(SECRET_GRANT)], Print::List);

const DEVICE_REQUEST_KEYS: &[Key] = &[
    key("capabilities", TEXT_SET, "What the device must be able to do: `gpu`, `compute`, `utility`."),
    key("driver", TEXT, "The driver of the device: `nvidia`."),
    key("count", DEVICE_COUNT, "How many devices: a number, or `all`.").default_unless("all", "device_ids"),
    key("device_ids", TEXT_SET, "The devices by their ids."),
    key("options", PAIRS, "Options of the driver."),
];
/// Devices that are reserved.
pub(super) const DEVICE_REQUESTS: &Type = &Type::new(
    &[list(&Type::new(
        &[Form::Mapping(&Fields::closed(DEVICE_REQUEST_KEYS).requires(&["capabilities"]))],
        Print::Fields,
    ))],
    Print::List,
);
pub(super) const GPUS: &Type = &Type::new(
    &[
        one_of(&["all"]),
        list(&Type::new(&[Form::Mapping(&Fields::closed(DEVICE_REQUEST_KEYS).open())], Print::Fields)),
    ],
    Print::List,
)
.short(Short::Gpus);
