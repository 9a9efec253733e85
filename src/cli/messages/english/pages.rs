//! The words of the pages that a sign-in shows in the browser, in English.

use crate::oauth::callback::Stray;
use crate::oauth::page::{Page, Words};

/// Returns the words of `page`.
pub(in crate::cli::messages) const fn page(page: Page) -> Words {
    let (heading, text, note) = match page {
        Page::Success => (
            "You are signed in",
            "Authorization successful. You can close this window.",
            "Your profile is saved. Return to the terminal to continue.",
        ),
        Page::Checked => (
            "The sign-in works",
            "You can close this window.",
            "Nothing was saved. The terminal shows what was checked.",
        ),
        Page::Denied => (
            "Authorization was denied",
            "Nothing was saved. Please look at the terminal.",
            "It says what an administrator may have to do before you try again.",
        ),
        Page::Failed => (
            "The sign-in did not complete",
            "Please look at the terminal.",
            "It says what went wrong and what to do next.",
        ),
        Page::Stray(Stray::NotFound) => {
            ("Page not found", "This address is not part of the sign-in.", "Open the address shown in the terminal.")
        }
        Page::Stray(Stray::MethodNotAllowed) => {
            ("Method not allowed", "This address accepts GET requests only.", "Open the address shown in the terminal.")
        }
        Page::Stray(Stray::Forbidden) => (
            "Request refused",
            "This address accepts only a page opened by a browser.",
            "Open the address shown in the terminal.",
        ),
        Page::Stray(Stray::BadRequest) => (
            "Not the current sign-in",
            "This request does not belong to the sign-in that is in progress.",
            "Open the address shown in the terminal.",
        ),
        Page::Stray(Stray::HeadTooLarge) => (
            "The browser sent too many cookies",
            "Other applications on 127.0.0.1 have stored more cookies than this sign-in accepts.",
            "Delete the cookies of 127.0.0.1 in this browser, then reload this page.",
        ),
        Page::Stray(Stray::OtherUser) => (
            "This sign-in belongs to another user",
            "A different user of this computer started it.",
            "Open the address in a browser of the user who started the sign-in.",
        ),
    };
    Words { heading, text, note }
}
