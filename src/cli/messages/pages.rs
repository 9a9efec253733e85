//! The words of the pages that a sign-in shows in the browser, in English and Chinese.

use crate::oauth::callback::Stray;
use crate::oauth::page::{Language, Page, Words};

/// Returns the words of `page`.
pub(in crate::cli) fn wording(page: Page, language: Language) -> Words {
    match language {
        Language::English => english(page),
        Language::Chinese => chinese(page),
    }
}

fn english(page: Page) -> Words {
    let (heading, text, note) = match page {
        Page::Success => (
            "You are signed in",
            "Authorization successful. You can close this window.",
            "Your profile is saved. Return to the terminal to continue.",
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

fn chinese(page: Page) -> Words {
    let (heading, text, note) = match page {
        Page::Success => ("登录成功", "授权成功，您可以关闭此窗口。", "配置已保存，请回到终端继续。"),
        Page::Denied => {
            ("授权被拒绝", "未保存任何内容，请查看终端。", "终端中说明了重试之前管理员可能需要完成的操作。")
        }
        Page::Failed => ("登录未完成", "请查看终端。", "终端中说明了失败原因和后续步骤。"),
        Page::Stray(Stray::NotFound) => ("页面不存在", "此地址不属于本次登录。", "请打开终端中显示的地址。"),
        Page::Stray(Stray::MethodNotAllowed) => {
            ("请求方法不受支持", "此地址仅接受 GET 请求。", "请打开终端中显示的地址。")
        }
        Page::Stray(Stray::Forbidden) => {
            ("请求被拒绝", "此地址仅接受由浏览器直接打开的页面。", "请打开终端中显示的地址。")
        }
        Page::Stray(Stray::BadRequest) => {
            ("不是当前的登录", "此请求不属于正在进行的登录。", "请打开终端中显示的地址。")
        }
        Page::Stray(Stray::HeadTooLarge) => (
            "浏览器发送的 Cookie 过多",
            "127.0.0.1 上的其他应用保存的 Cookie 超出了本次登录可接受的大小。",
            "请在此浏览器中删除 127.0.0.1 的 Cookie，然后重新加载此页面。",
        ),
        Page::Stray(Stray::OtherUser) => (
            "此登录属于其他用户",
            "本次登录由这台计算机上的另一位用户发起。",
            "请使用发起登录的用户的浏览器打开该地址。",
        ),
    };
    Words { heading, text, note }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let ends = [Page::Success, Page::Denied, Page::Failed];
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
