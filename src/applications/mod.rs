//! An administrator's work on OAuth applications in RAM: `official-cli` and who may use it, and own applications.
//!
//! A use-case that changes something is asked twice: for the actions, which can be shown, and then to carry them out.
//! Whatever is changed is read back, never assumed. Questions to the person are the caller's.

pub mod check;
pub mod gitlab;
pub mod official;
pub mod own;
pub mod people;

pub use official::OfficialStatus;
pub use own::{Difference, LookUpError};
pub use people::{FindError, find};
