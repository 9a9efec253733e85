//! What went wrong, in Chinese: no full stop, values in backticks.

use std::fmt::{Result, Write as _};
use std::io;

use super::file::{store, token_file};
use super::network::{call, reply};
use super::system::system;
use super::{app, problem, span};
use crate::cli::failure::{Attempt, Failure, Usage};
use crate::cli::messages::shown::{name, quoted};
use crate::cli::shell::Unquotable;
use crate::config::StoreError;
use crate::credentials::{Error, SignInReason};
use crate::host::Panicked;
use crate::login::{self, NotExchanged};
use crate::oauth::loopback::PortsUnavailable;
use crate::sandbox::{FolderError, StartError};
use crate::serve::{OpenError, Refused};
use crate::site::SANDBOX_VARIABLE;
use crate::text::printable;

pub(super) fn failure(failure: &Failure, f: &mut String) -> Result {
    match failure {
        Failure::Quiet(_) | Failure::PassedOn(_) => Ok(()),
        Failure::Usage(wrong) => usage(wrong, f),
        Failure::Output(error) => write!(f, "无法写入标准输出：{}", system(error.cause())),
        Failure::Write { path, error } => write!(f, "无法写入 {}：{}", quoted(path), system(error)),
        Failure::System(attempt, error) => write!(f, "{}失败：{}", attempted(*attempt), system(error)),
        Failure::Store(error, _) => store(error, f),
        Failure::Credentials(error) => credentials(error, f),
        Failure::Login(error) => login(error, f),
        Failure::NotExchanged { profile, error } => {
            write!(f, "配置 `{}` 已登录并保存，但尚未获取凭证：", name(profile))?;
            match error {
                NotExchanged::Exchange(error) => reply(error, f),
                NotExchanged::NoAccessToken => f.write_str("服务器未返回可用的访问令牌"),
                NotExchanged::Interrupted => f.write_str("已中断"),
            }
        }
        Failure::Identity { saved: Some(profile), error } => {
            write!(f, "配置 `{}` 已保存，但无法验证其身份：", name(profile))?;
            call(error, f)
        }
        Failure::Identity { saved: None, error } => call(error, f),
        Failure::Revoke(error) => reply(error, f),
        Failure::NoAnswer { waited } => write!(f, "服务器在 {}内没有应答", span(*waited)),
        Failure::App(error) => app::failure(error, f),
        Failure::Endpoint(error) => endpoint(error, f),
        Failure::TokenFile { path, error } => token_file(path, error, f),
        Failure::Sandbox(error) => sandbox(error, f),
        Failure::SessionEnds { profile, left } => {
            write!(f, "配置 `{}` 的登录将在 {}后过期", name(profile.as_str()), span(*left))
        }
        Failure::SessionUnknown { profile } => {
            write!(f, "配置 `{}` 的凭证当前有效且会自动续期，但服务器未说明登录的有效期", name(profile.as_str()))
        }
        Failure::BeforeCommand(before) => self::failure(before, f),
        Failure::NotRun { program, error } => {
            let program = printable(&program.to_string_lossy(), 256);
            match error.kind() {
                io::ErrorKind::NotFound => write!(f, "找不到命令：`{program}`"),
                _ => write!(f, "无法运行 `{program}`：{}", system(error)),
            }
        }
        Failure::Panicked(Panicked { place }) => {
            let place = place.as_deref().unwrap_or("未知位置");
            write!(f, "内部错误，位置：{place}；请将此行作为 aliyun-rs 的缺陷反馈")
        }
    }
}

const fn attempted(attempt: Attempt) -> &'static str {
    match attempt {
        Attempt::ListenForInterrupts => "监听中断信号",
        Attempt::OpenBrowser => "打开浏览器",
        Attempt::ReadAnswer => "读取输入",
        Attempt::ShowList => "在终端上显示配置列表",
        Attempt::StartRuntime => "启动异步运行时",
    }
}

pub(super) fn refused(refused: &Refused<'_>, f: &mut String) -> Result {
    f.write_str(match refused {
        Refused::Host => "主机名不符",
        Refused::HeadTooLarge => "请求头过大",
        Refused::Malformed => "请求格式错误",
        Refused::Browser => "不向浏览器提供凭证",
        Refused::Method => "请使用 GET",
        Refused::Path => "路径不存在",
        Refused::User => "不向其他用户提供凭证",
        Refused::Expired => "凭证已过期",
        Refused::Failed(error) => return credentials(error, f),
    })
}

fn usage(usage: &Usage, f: &mut String) -> Result {
    match usage {
        Usage::CommandLine { text } => {
            // Without the usage, which the parser appends.
            let told = text.split("\n\nUsage:").next().unwrap_or_default();
            f.write_str(told.trim_start_matches("error: ").trim_end())
        }
        Usage::Answer(wrong) => problem(wrong, f),
        Usage::Value { option, value, problem: wrong } => {
            write!(f, "`{}` 的值 `{}` 无效：", name(option), name(value))?;
            problem(wrong, f)
        }
        Usage::Variable { name: variable, problem: wrong } => {
            write!(f, "{variable} 的值无效：")?;
            problem(wrong, f)
        }
        Usage::SandboxAddress => write!(f, "{SANDBOX_VARIABLE} 必须为 `http://127.0.0.1:PORT`"),
        Usage::RealFile { path } => write!(f, "设置了 {SANDBOX_VARIABLE} 时不能使用真实的文件 {}", quoted(path)),
        Usage::NestedSandbox => f.write_str("不能在 `sandbox` 中运行 `sandbox`"),
        Usage::UnknownUser { user, users } => {
            write!(f, "沙箱中没有用户 `{}`；可用的用户有 {}", name(user), users.join("、"))
        }
        Usage::NoName { .. } => f.write_str("未指定配置；请指定一个配置"),
        Usage::NoSuchProfile { profile, file, .. } => {
            write!(f, "{} 中没有配置 `{}`", quoted(file), name(profile))
        }
        Usage::ForeignMode { mode, .. } => {
            write!(f, "仅支持 `OAuth`；`{}` 请使用官方客户端", name(mode.as_str()))
        }
        Usage::WouldReplace { mode, profile } => {
            write!(f, "配置 `{}` 的认证方式为 `{}`，登录会覆盖其密钥", name(profile), name(mode.as_str()))
        }
        Usage::LeftAsItIs { profile } => write!(f, "配置 `{}` 未更改", name(profile)),
        Usage::SharedLogin { profile, other } => {
            write!(f, "未做任何更改：配置 `{}` 也在使用 `{}` 的登录，该登录会被吊销", name(other), name(profile))
        }
        Usage::NothingShown => f.write_str("未显示任何内容"),
        Usage::NothingUnset => f.write_str("`--unset` 需要 shell 可读取的格式：--format env、fish、powershell 或 cmd"),
        Usage::NotExpanded { path } => {
            write!(f, "{} 的开头未被 shell 展开：请给出完整路径，或以 ./ 或 ~/ 开头", quoted(path))
        }
        Usage::NothingToSet => {
            f.write_str("没有要设置的内容：请指定 --region、--language、--oauth-site-type 或 --output-format")
        }
        Usage::SignedInElsewhere { profile, old, new } => {
            write!(f, "配置 `{}` 是在 {old} 站点登录的，其登录不能用于 {new} 站点，因此未做任何更改", name(profile))
        }
        Usage::NotConfirmed { profile } => {
            write!(f, "配置 `{}` 未更改：替换需要确认，而标准输入不是终端", name(profile))
        }
        Usage::OptionsMisplaced => f.write_str("登录选项不能与 `switch`、`delete`、`list` 或 `restore` 一起使用"),
        Usage::NotASignInPage => f.write_str("这不是登录页面的地址"),
        Usage::Unquotable(Unquotable(variable)) => write!(f, "{variable} 的值中含有此 shell 无法引用的字符"),
        Usage::NoHome => f.write_str("找不到用于保存配置的主目录"),
        Usage::NoDataFolder => f.write_str("找不到应用数据目录"),
    }
}

pub(super) fn credentials(error: &Error, f: &mut String) -> Result {
    match error {
        Error::Store(error) => store(error, f),
        Error::NoProfile { profile, .. } => write!(f, "没有配置 `{}`", name(profile)),
        Error::Mode { profile, mode } => {
            write!(f, "配置 `{}` 的认证方式为 `{}`，只有官方工具能获取其凭证", name(profile), name(mode.as_str()))
        }
        Error::Incomplete { profile, field } => write!(f, "配置 `{}` 缺少可用的 `{}`", name(profile), field.key()),
        Error::SignIn { profile, reason: SignInReason::ResponseLost(error), .. } => {
            write!(f, "使用 `{}` 的刷新令牌的请求没有得到应答：", name(profile))?;
            reply(error, f)
        }
        Error::SignIn { profile, reason, .. } => {
            write!(f, "配置 `{}` 需要重新登录：", name(profile))?;
            match reason {
                SignInReason::SiteUnknown => f.write_str("登录站点未知"),
                SignInReason::NoRefreshToken => f.write_str("没有刷新令牌"),
                SignInReason::Refused(error) | SignInReason::ResponseLost(error) => reply(error, f),
            }
        }
        Error::Refresh(error) => {
            f.write_str("无法刷新访问令牌：")?;
            reply(error, f)
        }
        Error::Exchange(error) => {
            f.write_str("无法用访问令牌换取 STS 临时凭证：")?;
            reply(error, f)
        }
        Error::TooShort { wanted, got } => {
            write!(f, "无法满足 `--min-ttl {}`：新凭证的有效期只有 {}", crate::cli::render::span(*wanted), span(*got))
        }
        Error::Lost(error @ StoreError::Stranded { .. }) => store(error, f),
        Error::Lost(error) => {
            f.write_str("新令牌未能保存，而旧令牌已失效：")?;
            store(error, f)
        }
        Error::Interrupted => f.write_str("已中断；没有丢失任何内容"),
    }
}

fn login(error: &login::Error, f: &mut String) -> Result {
    match error {
        login::Error::Ports(error) => ports(error, f),
        login::Error::NoEntropy(_) => no_entropy(f),
        login::Error::Listen(error) => write!(f, "无法监听回调：{}", system(error)),
        login::Error::Show(error) => write!(f, "无法显示登录页面的地址：{}", system(error)),
        login::Error::Refused { error, description } => {
            write!(f, "登录在浏览器中被拒绝：`{}`", name(error.as_str()))?;
            description.as_ref().map_or(Ok(()), |words| write!(f, "，“{}”", name(words)))
        }
        login::Error::TimedOut(waited) => write!(f, "{}内无人登录", span(*waited)),
        login::Error::Interrupted => f.write_str("已中断；未做任何更改"),
        login::Error::Redeem(error) => {
            f.write_str("无法用授权码换取令牌：")?;
            reply(error, f)
        }
        login::Error::Store(error) => store(error, f),
    }
}

pub(super) fn ports(error: &PortsUnavailable, f: &mut String) -> Result {
    f.write_str("无法在 127.0.0.1 上监听浏览器的回调")?;
    for (index, (port, error)) in error.tried().iter().enumerate() {
        let mark = if index == 0 { "：" } else { "，" };
        match error.kind() {
            io::ErrorKind::AddrInUse => write!(f, "{mark}端口 {port} 被其他程序占用")?,
            io::ErrorKind::PermissionDenied => write!(f, "{mark}系统不允许使用端口 {port}")?,
            _ => write!(f, "{mark}端口 {port}：{}", system(error))?,
        }
    }
    Ok(())
}

fn endpoint(error: &OpenError, f: &mut String) -> Result {
    match error {
        OpenError::Port { port, source } => write!(f, "无法监听 127.0.0.1 的端口 {port}：{}", system(source)),
        OpenError::NoEntropy(_) => no_entropy(f),
        OpenError::Thread(error) => write!(f, "无法启动更新凭证的线程：{}", system(error)),
    }
}

fn sandbox(error: &StartError, f: &mut String) -> Result {
    match error {
        StartError::Running { folder, .. } => write!(f, "另一个沙箱正在使用 {}", quoted(folder)),
        StartError::Folder { folder, source } => {
            let folder = quoted(folder);
            match source {
                FolderError::NotADirectory => write!(f, "沙箱的 {folder} 不是目录"),
                FolderError::ForeignOwner => write!(f, "沙箱的目录 {folder} 或其上级目录属于其他用户"),
                FolderError::WritableByOthers => write!(f, "其他用户可以写入沙箱的目录 {folder} 或其上级目录"),
                FolderError::Io(error) => write!(f, "沙箱无法使用其目录 {folder}：{}", system(error)),
            }
        }
        StartError::Port { port, source } => {
            write!(f, "沙箱无法监听 127.0.0.1 的端口 {port}：{}", system(source))
        }
    }
}

pub(super) fn no_entropy(f: &mut String) -> Result {
    f.write_str("操作系统的随机数生成器出错")
}
