//! The parameters of a call, read and judged one by one.

use std::collections::BTreeMap;

use super::ApiError;

/// The parameters of a call.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a>(pub(super) &'a BTreeMap<String, String>);

impl<'a> Parameters<'a> {
    /// The text of a parameter; an empty one counts as missing.
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn need(self, name: &str) -> Result<&'a str, ApiError> {
        self.get(name).ok_or_else(|| {
            ApiError::new(400, format!("MissingParameter.{name}"), format!("The parameter {name} is required."))
        })
    }

    /// A parameter whose text fits.
    pub(super) fn fitting(self, name: &str, fits: impl Fn(&str) -> bool) -> Result<Option<&'a str>, ApiError> {
        self.get(name).map(|text| if fits(text) { Ok(text) } else { Err(ApiError::invalid(name)) }).transpose()
    }

    /// A number within `range`.
    pub(super) fn number(self, name: &str, range: std::ops::RangeInclusive<i64>) -> Result<Option<i64>, ApiError> {
        let read = |text: &str| text.parse().ok().filter(|number| range.contains(number));
        self.get(name).map(|text| read(text).ok_or_else(|| ApiError::invalid(name))).transpose()
    }

    /// `true` or `false`, in any case: the official Python SDK sends `True` and `False`.
    pub(super) fn boolean(self, name: &str) -> Result<Option<bool>, ApiError> {
        self.get(name).map(|text| text.to_ascii_lowercase().parse().map_err(|_| ApiError::invalid(name))).transpose()
    }

    /// A list whose items are separated by semicolons, each fitting, and each kept once.
    pub(super) fn list(self, name: &str, fits: impl Fn(&str) -> bool) -> Result<Option<Vec<String>>, ApiError> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        let mut items = Vec::new();
        for item in text.split(';').map(str::trim).filter(|item| !item.is_empty()) {
            if !fits(item) {
                return Err(ApiError::invalid(name));
            }
            if !items.iter().any(|known| known == item) {
                items.push(item.to_owned());
            }
        }
        Ok(Some(items))
    }

    /// The page that `Marker` and `MaxItems` ask for, and the marker of the next one.
    pub(super) fn page<T>(self, items: Vec<T>, default: i64) -> Result<(Vec<T>, Option<String>), ApiError> {
        let limit = self.number("MaxItems", 1..=1000)?.unwrap_or(default);
        self.cut("Marker", limit, items)
    }

    /// The `limit` items from the one on that the parameter `marker` names, and the marker of the next page.
    pub(super) fn cut<T>(self, marker: &str, limit: i64, items: Vec<T>) -> Result<(Vec<T>, Option<String>), ApiError> {
        // Opaque to the client, and no number that could be guessed as one.
        let read = |text: &str| text.strip_prefix("page-").and_then(|at| at.parse().ok());
        let start: usize = match self.get(marker) {
            Some(text) => read(text).ok_or_else(|| ApiError::invalid(marker))?,
            None => 0,
        };
        let end = start.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = (end < items.len()).then(|| format!("page-{end}"));
        Ok((items.into_iter().take(end).skip(start).collect(), next))
    }
}
