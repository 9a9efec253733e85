//! The words of the pages that a sign-in shows in the browser, in Chinese.

use crate::oauth::callback::Stray;
use crate::oauth::page::{Page, Words};

/// Returns the words of `page`.
pub(in crate::cli::messages) const fn page(page: Page) -> Words {
    let (heading, text, note) = match page {
        Page::Success => ("登录成功", "授权成功，您可以关闭此窗口。", "配置已保存，请回到终端继续。"),
        Page::Checked => ("登录正常", "您可以关闭此窗口。", "未保存任何内容。检查结果显示在终端中。"),
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
