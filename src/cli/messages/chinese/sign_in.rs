//! What is said while a sign-in waits for the browser, in Chinese.

use std::fmt::{Result, Write as _};

use crate::cli::messages::shown::tunnel_command;
use crate::host::{NoBrowser, SshTarget};
use crate::oauth::callback::Mismatch;
use crate::oauth::paste::PasteError;

pub(super) const STILL_WAITING: &str = "\
如果页面显示错误而没有请求授权，您的身份可能尚未分配到应用 `official-cli`。管理员可以运行以下命令进行分配：
aliyun-rs app assign NAME
如需使用其他账号，请在浏览器中退出登录，或在无痕窗口中打开该地址。
";

pub(super) const fn why_no_browser(reason: NoBrowser) -> &'static str {
    match reason {
        NoBrowser::NotWanted => "已指定 `--no-browser`",
        NoBrowser::Ssh => "当前为远程 shell",
        NoBrowser::Container => "当前运行在容器中",
        NoBrowser::NoDisplay => "没有图形会话",
    }
}

pub(super) fn no_browser(reason: NoBrowser, tunnel: Option<(u16, &SshTarget)>, pastes: bool, f: &mut String) -> Result {
    writeln!(f, "此处不会打开浏览器：{}。请在任意浏览器中打开该地址。", why_no_browser(reason))?;
    if let Some((port, target)) = tunnel {
        writeln!(f, "如果浏览器在其他机器上，请先在那台机器上运行：\n  {}", tunnel_command(port, target))?;
    }
    match (tunnel, pastes) {
        (Some(_), true) => f.write_str("也可以直接粘贴浏览器最终停留的地址，即使页面无法显示。\n"),
        (None, true) => f.write_str("然后粘贴浏览器最终停留的地址，即使页面无法显示。\n"),
        (_, false) => Ok(()),
    }
}

pub(super) fn paste(error: PasteError, f: &mut String) -> Result {
    f.write_str(match error {
        PasteError::Empty => "没有粘贴任何内容",
        PasteError::NotAnAddress => "这不是一个地址：请复制浏览器地址栏中的全部内容",
        PasteError::CodeAlone => "这只是授权码：请粘贴完整的地址，其中还包含 state",
        PasteError::SignInPage => "这是登录页面的地址：请打开并登录，然后粘贴浏览器最终停留的地址",
        PasteError::OtherPage => "这是其他页面的地址：要粘贴的地址以 http://127.0.0.1 开头，并包含 /cli/callback",
        PasteError::OtherPort(port) => return write!(f, "该地址的端口为 {port}，属于另一次登录"),
        PasteError::Mismatch(mismatch) => match mismatch {
            Mismatch::Malformed => "地址已损坏：请重新完整复制",
            Mismatch::Repeated => "地址中有重复的参数：请按浏览器显示的内容重新复制",
            Mismatch::NoState => "地址不完整，缺少 state：请完整复制",
            Mismatch::WrongState => "该地址属于另一次登录，可能是之前的尝试：请打开上面显示的地址",
            Mismatch::WrongIssuer => "该地址不是阿里云为本次登录签发的",
            Mismatch::NoCode => "地址中没有授权码：请先登录并授权，再复制地址",
        },
    })
}
