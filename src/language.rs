//! The languages that people are spoken to in.

/// A language of the program's sentences and pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `en`
    English,
    /// Simplified Chinese: `zh-CN`
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Returns the tag of the language (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// Returns the name of the language in the shared file, as the official client writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// Reads a tag such as `zh`, `zh-CN` or `en_US`, or a locale such as `zh_CN.UTF-8`; `None` for other languages.
    pub fn parse(text: &str) -> Option<Self> {
        let primary = text.trim().split(['-', '_', '.', '@']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_from_tags_and_locales() {
        for text in ["zh", "ZH", "zh-CN", "zh_CN.UTF-8", "zh-Hant-TW", "zh.UTF-8", " zh@pinyin"] {
            assert_eq!(Language::parse(text), Some(Language::Chinese), "{text}");
        }
        for text in ["en", "en_US.UTF-8", "en-GB"] {
            assert_eq!(Language::parse(text), Some(Language::English), "{text}");
        }
        for text in ["", "C", "POSIX", "C.UTF-8", "fr_FR", "zhx", "English"] {
            assert_eq!(Language::parse(text), None, "{text}");
        }
    }
}
