//! What was noticed on the way, in Chinese.

use std::fmt::{Result, Write as _};
use std::time::Duration;

use super::failure::{failure, ports};
use super::file::{malformed, store};
use super::network::transport;
use super::span;
use super::system::system;
use crate::cli::messages::Warning;
use crate::cli::messages::shown::{name, quoted};
use crate::config::{FieldDefect, JournalDefect, Note, Oddity, ProfileName};
use crate::host::TransportError;
use crate::oauth::loopback::CallbackRefusal;
use crate::sandbox::VisitError;
use crate::time::Skew;

pub(in crate::cli::messages) fn warning(warning: &Warning<'_>, f: &mut String) -> Result {
    match warning {
        Warning::PlainHttp => f.write_str("该 GitLab 通过明文 HTTP 访问：途中的任何人都能读取授权码"),
        Warning::Browser(error) => write!(f, "无法启动浏览器（{}）；请自行打开该地址", system(error)),
        Warning::CallbackRefused(CallbackRefusal::HeadTooLarge) => {
            f.write_str("浏览器发送的 Cookie 超出上限：请删除浏览器中 127.0.0.1 的 Cookie，然后重新加载页面")
        }
        Warning::CallbackRefused(CallbackRefusal::WrongHost) => f.write_str(
            "已拒绝发往其他主机的请求：隧道两端的端口必须相同，并且指向 127.0.0.1；请打开所显示的地址，不要修改",
        ),
        Warning::CallbackRefused(CallbackRefusal::OtherUser(uid)) => {
            write!(f, "已拒绝来自本机其他用户（uid {uid}）的回调；请在您自己的浏览器中打开该地址")
        }
        Warning::FieldDefect { profile, fault: FieldDefect::Unusable(field) } => {
            write!(f, "配置 `{}` 中 `{}` 的值无法使用，已忽略", name(profile), field.key())
        }
        Warning::FieldDefect { profile, fault: FieldDefect::Repeated(field) } => {
            write!(f, "配置 `{}` 中 `{}` 出现多次，使用最后一个值", name(profile), field.key())
        }
        Warning::Lost { names: lost } => {
            write!(
                f,
                "日志仍保留着 {} 的登录，但文件中没有这些配置；恢复：aliyun-rs configure restore；清除：aliyun-rs delete NAME",
                names(lost)
            )
        }
        Warning::Missed(error) => {
            f.write_str("新凭证未能完整保存：")?;
            store(error, f)
        }
        Warning::Note(found) => note(found, f),
        Warning::NoPort(unavailable) => {
            ports(unavailable, f)?;
            f.write_str("；请改为粘贴浏览器最终停留的地址")
        }
        Warning::NotRefreshed(why) => {
            f.write_str("访问令牌刷新失败，已使用当前的访问令牌：")?;
            failure(why, f)
        }
        Warning::NotRenewed(why) => {
            f.write_str("凭证更新失败，当前凭证仍然有效：")?;
            failure(why, f)
        }
        Warning::NotServed(why) => {
            f.write_str("暂时没有新凭证可提供：")?;
            failure(why, f)
        }
        Warning::Orphaned { profile, source } => {
            write!(f, "配置 `{}` 的凭证来自已删除的配置 `{}`", name(profile), name(source))
        }
        Warning::ScriptedBrowser { user, why } => {
            write!(f, "沙箱无法以 `{}` 的身份登录：", name(user))?;
            not_signed_in(why, f)?;
            f.write_str("；登录将继续等待，直到 `--timeout` 到期或按下 Ctrl-C")
        }
        Warning::Shadowed { variable, profile } => {
            write!(f, "{variable} 指定使用配置 `{}`，在此 shell 中优先于当前配置", name(profile))
        }
        Warning::Skew(skew) => clock(*skew, f),
        Warning::UnknownRegion { region, meant: Some(meant) } => {
            write!(f, "地域 `{}` 不在已知地域之列；您是否想输入 `{meant}`？", name(region))
        }
        Warning::UnknownRegion { region, meant: None } => {
            write!(f, "地域 `{}` 不在已知地域之列，将按原样使用", name(region))
        }
    }
}

/// Names of profiles, as a list in a sentence.
fn names(profiles: &[ProfileName]) -> String {
    profiles.iter().map(|profile| format!("`{}`", name(profile.as_str()))).collect::<Vec<_>>().join("、")
}

fn not_signed_in(why: &VisitError<TransportError>, f: &mut String) -> Result {
    match why {
        VisitError::NotLocal => f.write_str("登录页面不在本机"),
        VisitError::Page(status) => write!(f, "登录页面返回状态码 {status}"),
        VisitError::Refused { status, heading } => {
            write!(f, "登录页面返回状态码 {status}：`{}`", name(heading))
        }
        VisitError::Request(error) => transport(error, f),
    }
}

pub(super) fn clock(skew: Skew, f: &mut String) -> Result {
    let seconds = skew.seconds();
    let direction = if seconds > 0 { "慢" } else { "快" };
    let off = span(Duration::from_secs(seconds.unsigned_abs()));
    write!(f, "本机时钟比阿里云{direction} {}；过期时间已按此修正", off)
}

pub(super) fn note(note: &Note, f: &mut String) -> Result {
    match note {
        Note::Exposed => f.write_str("其他用户可以读取该文件；下次写入时将改为仅所有者可访问"),
        Note::Tightened => f.write_str("其他用户曾可读取该文件；现已改为仅所有者可访问"),
        Note::More(count) => write!(f, "文件中还有 {count} 处内容被忽略或有歧义"),
        Note::ForeignOwner => f.write_str("该文件属于其他用户，其可以随时更改文件"),
        Note::OpenToAll(path) => write!(f, "任何用户都可以重命名上级目录 {} 中的文件", quoted(path)),
        Note::LockIgnored => f.write_str("文件锁被占用过久，已忽略：其他用户可以读取该文件，因此也能锁定它"),
        Note::NoLocks => f.write_str("文件系统不支持锁；改用文件旁边的租约文件"),
        Note::NotPrivate => f.write_str("其他用户可能可以读取该文件：文件系统不保存权限"),
        Note::HardLinked(links) => write!(f, "该文件有 {links} 个硬链接；写入会断开链接"),
        Note::JournalSetAside(defect, aside) => {
            f.write_str("令牌轮换日志无法使用：")?;
            f.write_str(match defect {
                JournalDefect::NotAFile => "不是普通文件",
                JournalDefect::ForeignOwner => "属于其他用户",
                JournalDefect::TooLarge => "文件过大",
                JournalDefect::Damaged => "已损坏",
                JournalDefect::UnknownVersion => "由本程序的更高版本写入",
            })?;
            write!(f, "；已重命名为 {}。文件中的令牌可能是已使用过的旧副本", quoted(aside))
        }
        Note::Forgotten(profiles) => write!(f, "已清除 {} 的登录信息：其他程序删除了该配置", names(profiles)),
        Note::Odd(Oddity::ByteOrderMark) => f.write_str("文件以字节顺序标记（BOM）开头，官方工具无法读取"),
        Note::Odd(Oddity::DuplicateName(profile)) => {
            write!(f, "有多个名为 `{}` 的配置，使用第一个", name(profile))
        }
        Note::Odd(Oddity::NotAProfile(place)) => {
            f.write_str("已忽略 `profiles` 中的一项：")?;
            malformed(place, f)
        }
        Note::Odd(Oddity::CurrentNotAString) => f.write_str("`current` 不是字符串，已忽略"),
    }
}
