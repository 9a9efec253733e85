//! The words of the pages that a sign-in shows in the browser.

use super::{chinese, english};
use crate::language::Language;
use crate::oauth::page::{Page, Words};

/// Returns the words of `page`.
pub(in crate::cli) const fn wording(page: Page, language: Language) -> Words {
    match language {
        Language::English => english::page(page),
        Language::Chinese => chinese::page(page),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::callback::Stray;

    const STRAYS: [Stray; 6] = [
        Stray::NotFound,
        Stray::MethodNotAllowed,
        Stray::Forbidden,
        Stray::BadRequest,
        Stray::HeadTooLarge,
        Stray::OtherUser,
    ];

    #[test]
    fn words_are_complete_and_hold_no_markup() {
        let ends = [Page::Success, Page::Checked, Page::Denied, Page::Failed];
        for page in ends.into_iter().chain(STRAYS.map(Page::Stray)) {
            for language in [Language::English, Language::Chinese] {
                let Words { heading, text, note } = wording(page, language);
                for words in [heading, text, note] {
                    assert!(!words.is_empty() && !words.contains(['<', '>', '&', '"']), "{page:?}: {words}");
                }
            }
        }
    }

    #[test]
    fn only_the_page_of_success_speaks_of_success() {
        for page in [Page::Denied, Page::Failed].into_iter().chain(STRAYS.map(Page::Stray)) {
            let (en, zh) = (wording(page, Language::English), wording(page, Language::Chinese));
            assert!(![en.heading, en.text, en.note].concat().contains("success"), "{page:?}");
            assert!(![zh.heading, zh.text, zh.note].concat().contains("成功"), "{page:?}");
        }
    }

    #[test]
    fn a_failure_sends_the_reader_to_the_terminal() {
        for page in [Page::Denied, Page::Failed] {
            assert!(wording(page, Language::English).text.contains("look at the terminal"));
            assert!(wording(page, Language::Chinese).text.contains("请查看终端"));
        }
    }
}
