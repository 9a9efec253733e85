//! What errors of the network say in Chinese.

use std::error::Error;
use std::fmt::{Result, Write as _};
use std::io;

use super::failure::no_entropy;
use super::system::system;
use crate::cli::messages::shown::{innermost, quoted};
use crate::host::{CertificateProblem, ProxyProblem, RootsError, RootsProblem, TransportCause, TransportError};
use crate::openapi::{CallError, Unexpected};
use crate::reply::{FieldProblem, Instead, Refusal, ReplyError};
use crate::text::printable;
use crate::time::Timestamp;

/// How many of a certificate's names are shown, each up to a length.
const NAMES: usize = 3;
const NAME: usize = 64;

/// Why a signed call brought no answer.
pub(super) fn call(error: &CallError, f: &mut String) -> Result {
    match error {
        CallError::NoEntropy(_) => no_entropy(f),
        CallError::Reply(error) => reply(error, f),
        CallError::Unexpected(Unexpected { field, request_id, answer }) => {
            write!(f, "应答中没有可用的 `{field}`")?;
            request_id.as_ref().map_or(Ok(()), |id| write!(f, "，请求 ID {id}"))?;
            if answer.is_empty() { Ok(()) } else { write!(f, "：{answer}") }
        }
    }
}

/// Why a request to Alibaba Cloud brought nothing usable.
pub(super) fn reply(error: &ReplyError, f: &mut String) -> Result {
    match error {
        ReplyError::NotSandboxToken(_) => f.write_str("该配置的令牌或访问密钥不是由沙箱签发的，因此不会用于沙箱"),
        ReplyError::Transport(error) => transport(error, f),
        ReplyError::Refused(error) => refusal(error, f),
        ReplyError::NotJson { host, what, status } => {
            let what = match what {
                Instead::Redirect => "是重定向",
                Instead::Nothing => "为空",
                Instead::WebPage => "是网页",
                Instead::Other => "是其他内容",
            };
            write!(f, "{host} 的应答不是 JSON，而{what}（状态码 {status}）")
        }
        ReplyError::Field { host, field, problem } => {
            let problem = match problem {
                FieldProblem::Missing => "缺失",
                FieldProblem::Empty => "为空",
                FieldProblem::WrongType => "不是字符串",
                FieldProblem::Unusable => "格式错误",
                FieldProblem::NotADate => "不是日期",
                FieldProblem::Past => "是过去的时间",
            };
            write!(f, "{host} 的应答无法使用：`{field}` {problem}")
        }
    }
}

fn refusal(refusal: &Refusal, f: &mut String) -> Result {
    write!(f, "{} 拒绝了请求：", refusal.host)?;
    match &refusal.code {
        Some(code) => write!(f, "`{code}`（状态码 {}）", refusal.status)?,
        None => write!(f, "状态码 {}", refusal.status)?,
    }
    if let Some(description) = &refusal.description {
        write!(f, "，“{description}”")?;
    }
    refusal.request_id.as_ref().map_or(Ok(()), |id| write!(f, "，请求 ID {id}"))
}

/// Why no complete answer came back.
pub(super) fn transport(error: &TransportError, f: &mut String) -> Result {
    write!(f, "{} 没有应答：", error.host)?;
    match &error.cause {
        TransportCause::TooLarge { limit } => write!(f, "应答超过 {} MiB", limit >> 20),
        TransportCause::TimedOut => f.write_str("超时"),
        TransportCause::Certificate { problem, source } => {
            f.write_str("其证书不被接受：")?;
            certificate(problem, source, f)
        }
        TransportCause::Roots(error) => roots(error, f),
        TransportCause::Proxy { variable, address, problem } => proxy(variable, address.as_deref(), problem, f),
        TransportCause::Dns(_) => f.write_str("无法解析其域名"),
        TransportCause::Refused(_) => f.write_str("连接被拒绝"),
        TransportCause::Closed(_) => f.write_str("应答完成之前连接已关闭"),
        TransportCause::NotHttp(_) => f.write_str("其发送的内容不是有效的 HTTP"),
        TransportCause::Other(error) => f.write_str(&cause(error)),
    }
}

fn proxy(variable: &str, address: Option<&str>, problem: &ProxyProblem, f: &mut String) -> Result {
    match address {
        Some(address) => write!(f, "代理 {address}（{variable}）")?,
        None => write!(f, "{variable} ")?,
    }
    match problem {
        ProxyProblem::NotUnicode => f.write_str("不是有效的 Unicode"),
        ProxyProblem::UnknownScheme => {
            f.write_str("的协议不受支持；请使用 http、https、socks4、socks4a、socks5 或 socks5h")
        }
        ProxyProblem::NotAnAddress => {
            f.write_str("不是代理地址；请使用 http://HOST:PORT，用户名或密码中的特殊字符需进行百分号编码")
        }
        ProxyProblem::Unreachable(error) => write!(f, "无法连接：{}", cause(error)),
        ProxyProblem::TimedOut => f.write_str("连接超时"),
        ProxyProblem::Answered(407) => f.write_str("需要有效的用户名和密码（状态码 407）"),
        ProxyProblem::Answered(status) => write!(f, "拒绝连接（状态码 {status}）"),
        ProxyProblem::Failed(error) => write!(f, "未能建立连接：{}", cause(error)),
    }
}

fn roots(error: &RootsError, f: &mut String) -> Result {
    write!(f, "{} 指定的 {} ", error.variable, quoted(&error.path))?;
    match &error.problem {
        RootsProblem::Missing => f.write_str("不存在"),
        RootsProblem::Unreadable(error) => write!(f, "无法读取：{}", system(error)),
        RootsProblem::NotAFile => f.write_str("不是普通文件"),
        RootsProblem::NotAFolder => f.write_str("不是目录"),
        RootsProblem::TooLarge { limit } => write!(f, "超过 {} MiB", limit >> 20),
        RootsProblem::NoCertificate => f.write_str("不包含 PEM 格式的证书"),
    }
}

fn certificate(problem: &CertificateProblem, source: &rustls::Error, f: &mut String) -> Result {
    match problem {
        CertificateProblem::Expired { now, not_after } => write!(f, "证书已过期{}{}", at(*not_after), clock(*now)),
        CertificateProblem::NotValidYet { now, not_before } => {
            write!(f, "证书尚未生效{}{}", at(*not_before), clock(*now))
        }
        CertificateProblem::UnknownIssuer => f.write_str("证书不是由受信任的机构签发的（UnknownIssuer）"),
        CertificateProblem::WrongName { presented } => {
            f.write_str("证书是为其他主机签发的")?;
            let names: Vec<String> = presented.iter().take(NAMES).map(|name| printable(name, NAME)).collect();
            if names.is_empty() { Ok(()) } else { write!(f, "（{}）", names.join("、")) }
        }
        CertificateProblem::BadSignature => f.write_str("证书的签名错误（BadSignature）"),
        CertificateProblem::Revoked => f.write_str("证书已被签发机构吊销"),
        CertificateProblem::Other => write!(f, "`{source:?}`"),
    }
}

fn at(time: Option<Timestamp>) -> String {
    time.map(|time| format!("（{time}）")).unwrap_or_default()
}

fn clock(now: Option<Timestamp>) -> String {
    now.map(|now| format!("；本机时钟为 {now}")).unwrap_or_default()
}

/// What an error goes back to, in words if it is the system's; a library's as it names it.
fn cause(error: &(dyn Error + 'static)) -> String {
    let innermost = innermost(error);
    match innermost.downcast_ref::<io::Error>() {
        Some(error) => system(error),
        None => format!("`{}`", printable(&format!("{innermost:?}"), 200)),
    }
}
