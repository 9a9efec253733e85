//! How an object or array is laid out, so that what is added looks like its neighbours.

/// The white space of an object or array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Layout {
    /// Before the first entry.
    pub(super) lead: String,
    /// After the last entry.
    pub(super) close: String,
    /// Between key and value, the colon included.
    pub(super) colon: String,
}

impl Layout {
    /// The outermost object of the official client: Go's `MarshalIndent` with tabs.
    pub(in crate::config) fn official() -> Self {
        Self { lead: "\n\t".to_owned(), close: "\n".to_owned(), colon: ": ".to_owned() }
    }

    /// The same style, one level further in.
    pub(in crate::config) fn nested(&self) -> Self {
        if !self.lead.contains('\n') {
            return self.clone();
        }
        let unit = self.lead.strip_prefix(self.close.as_str()).filter(|unit| !unit.is_empty()).unwrap_or("\t");
        Self { lead: format!("{}{unit}", self.lead), close: self.lead.clone(), colon: self.colon.clone() }
    }
}
