//! What reading a project may take. A few lines can stand for gigabytes: aliases inside aliases, variables inside values,
//! files that include files. Whatever grows is counted here, and whoever reads says once that the budget is spent.

/// Levels that anything may be nested: collections, aliases, variables inside defaults, services that extend, files that
/// include. Deeper is an error, so that no recursion over what was read can overflow a stack.
pub const MAX_DEPTH: usize = 100;
/// Bytes of one file.
const FILE_BYTES: usize = 16 << 20;
/// Bytes of all files of a project, and of the values that its variables are replaced by.
const BYTES: usize = 32 << 20;
/// Values: those that are written, and those that aliases, merge keys, `extends` and `include` repeat.
const NODES: usize = 250_000;
/// Files that one project may be made of.
const FILES: usize = 1_000;

/// Which part of the budget did not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// One file is too large.
    FileBytes,
    /// All files and values together are too large.
    Bytes,
    /// There are too many values.
    Nodes,
    /// There are too many files.
    Files,
    /// Something is nested too deep.
    Depth,
}

impl Spent {
    /// What is wrong, in a sentence.
    pub fn message(self) -> String {
        match self {
            Self::FileBytes => format!("the file is larger than {} MiB", FILE_BYTES >> 20),
            Self::Bytes => {
                format!("the files and the values of variables come to more than {} MiB", BYTES >> 20)
            }
            Self::Nodes => format!("the project stands for more than {NODES} values"),
            Self::Files => format!("the project is made of more than {FILES} files"),
            Self::Depth => format!("nested more than {MAX_DEPTH} levels deep"),
        }
    }

    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            Self::FileBytes => "is this the right file?",
            Self::Bytes => "make the values shorter, or use them less often",
            Self::Nodes => "repeat less: anchors inside anchors, and what many services extend or include",
            Self::Files => "include fewer files",
            Self::Depth => {
                "no compose file needs that; look for an unclosed bracket, or for what repeats itself"
            }
        }
    }
}

/// What may still be read of one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    bytes: usize,
    nodes: usize,
    files: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: BYTES, nodes: NODES, files: FILES }
    }
}

impl Budget {
    /// Another file of so many bytes.
    ///
    /// # Errors
    ///
    /// It is too large, or one too many.
    pub fn file(&mut self, bytes: usize) -> Result<(), Spent> {
        if bytes > FILE_BYTES {
            return Err(Spent::FileBytes);
        }
        self.files = self.files.checked_sub(1).ok_or(Spent::Files)?;
        self.bytes(bytes)
    }

    /// More bytes of values.
    ///
    /// # Errors
    ///
    /// So many are not left.
    pub fn bytes(&mut self, bytes: usize) -> Result<(), Spent> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Spent::Bytes)?;
        Ok(())
    }

    /// More values.
    ///
    /// # Errors
    ///
    /// So many are not left.
    pub fn nodes(&mut self, nodes: usize) -> Result<(), Spent> {
        self.nodes = self.nodes.checked_sub(nodes).ok_or(Spent::Nodes)?;
        Ok(())
    }

    /// How many values were counted.
    pub fn counted(&self) -> usize {
        NODES.saturating_sub(self.nodes)
    }
}

/// Whether something may be nested in so many levels.
///
/// # Errors
///
/// They are too many.
pub fn depth(levels: usize) -> Result<(), Spent> {
    if levels > MAX_DEPTH { Err(Spent::Depth) } else { Ok(()) }
}
