//! Where a setting comes from.

use serde::{Serialize, Serializer};

/// Where a setting comes from: the first of these that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An option of the command.
    Option,
    /// A variable of the environment.
    Variable(&'static str),
    /// The shared file.
    File,
    /// The sandbox, which has its own.
    Sandbox,
    /// Nothing says otherwise.
    Default,
}

impl Source {
    /// The stable name, for programs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Variable(name) => name,
            Self::File => "file",
            Self::Sandbox => "sandbox",
            Self::Default => "default",
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
