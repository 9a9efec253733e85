//! The sentences in Simplified Chinese, in the words of Alibaba Cloud's own documents.

mod app;
mod doctor;
mod failure;
mod faults;
mod file;
pub(super) mod help;
mod hint;
mod label;
mod network;
mod pages;
mod sign_in;
mod status;
mod system;
mod warning;

use std::fmt::{Result, Write as _};
use std::time::Duration;

use super::shown::{name, quoted};
use super::{Message, Problem};
use crate::cli::render::{Unit, units};
use crate::credentials::freshness::Reason;
use crate::doctor::Verdict;

pub(super) use hint::{hint, hints};
pub(super) use label::{label, prefix};
pub(super) use pages::page;
pub(super) use warning::warning;

pub(super) fn message(message: &Message<'_>, f: &mut String) -> Result {
    match message {
        Message::App(about) => app::message(about, f),
        Message::AskCallback { left: None } => f.write_str("回调地址："),
        Message::AskCallback { left: Some(left) } => write!(f, "（剩余 {}）回调地址：", span(*left)),
        Message::AskLanguage { default } => write!(f, "默认语言 [zh|en] {}：", name(default)),
        Message::AskRegion { default } => write!(f, "默认地域 ID [{}]：", name(default)),
        Message::AskReplace => f.write_str("是否替换？其中的长期访问密钥将被覆盖 [y/N]："),
        Message::AskShowSecrets { profile } => {
            write!(f, "是否在此终端上显示配置 `{}` 的密钥和令牌？[y/N]：", name(profile))
        }
        Message::AskSite => f.write_str("OAuth 登录站点（CN：0，INTL：1，默认：CN）："),
        Message::Changed { profile } => writeln!(f, "配置 `{}` 已修改。", name(profile)),
        Message::ChangingMode { profile, mode } => {
            writeln!(f, "警告：配置 `{}` 的认证方式将由 `{}` 改为 `OAuth`", name(profile), name(mode.as_str()))
        }
        Message::CredentialsLiveOn { left } => {
            writeln!(f, "其 STS 临时凭证无法吊销：持有者在 {}内仍可使用。", span(*left))
        }
        Message::Configuring { profile } => writeln!(f, "正在以 `OAuth` 认证方式设置配置 `{}`...", name(profile)),
        Message::Deleted { profile } => writeln!(f, "配置 `{}` 及其令牌已删除。", name(profile)),
        Message::Ensured { profile, span: needed } => {
            writeln!(f, "配置 `{}` 的登录在 {}内不会过期。", name(profile), span(*needed))
        }
        Message::Finding(finding) => doctor::finding(finding, f),
        Message::ExitCodes => f.write_str(EXIT_CODES),
        Message::FaultHelp => f.write_str(&faults::help()),
        Message::Failed(failed) => failure::failure(failed, f),
        Message::Refused(refused) => failure::refused(refused, f),
        Message::Identity { identity, until } => {
            writeln!(f, "账号      {}", identity.account_id)?;
            writeln!(f, "身份      {}（{}）", identity.arn, identity.identity_type)?;
            until.map_or(Ok(()), |until| writeln!(f, "有效期至  {until}"))
        }
        Message::ManualWritten { folder } => writeln!(f, "手册页已写入 {}。", quoted(folder)),
        Message::NoBrowser { reason, tunnel, pastes } => sign_in::no_browser(*reason, *tunnel, *pastes, f),
        Message::NoProfiles => {
            f.write_str("还没有任何配置；请运行以下命令登录：aliyun-rs configure --mode OAuth --profile NAME\n")
        }
        Message::NotRevoked { reason } => {
            f.write_str("刷新令牌吊销失败：")?;
            failure::failure(reason, f)?;
            f.write_str("\n")
        }
        Message::NotRevokedInRam => {
            f.write_str("应用 `official-cli` 在 RAM 中仍处于已授权状态；管理员可以在 RAM 控制台撤销授权。\n")
        }
        Message::NothingToRestore => f.write_str("没有可恢复的登录。\n"),
        Message::NothingToRevoke => f.write_str("该配置没有可吊销的刷新令牌。\n"),
        Message::Open { url } => writeln!(f, "请在浏览器中打开以下地址完成授权：\n{url}"),
        Message::OutputFormat => f.write_str("默认输出格式 [json]：json（仅支持 json）\n"),
        Message::Played { user } => writeln!(f, "沙箱正在以 `{}` 的身份自动登录。", name(user)),
        Message::Profile => f.write_str("配置"),
        Message::ProfileFromVariable { variable, profile } => {
            writeln!(f, "{variable} 指定使用配置 `{}`", name(profile))
        }
        Message::Renewing { profile, reason } => renewing(profile, *reason, f),
        Message::Restored { profile } => writeln!(f, "配置 `{}` 的登录已恢复。", name(profile)),
        Message::Revoked => f.write_str("刷新令牌已吊销。\n"),
        Message::SandboxRuns { variable, url } => writeln!(f, "export {variable}={url}"),
        Message::SandboxShared { url } => writeln!(f, "说明：使用已在 {url} 运行的沙箱，并沿用其启动选项"),
        Message::SetAside { path } => {
            writeln!(f, "损坏的文件已重命名为 {}，其中仍有令牌：不再需要时请删除。", quoted(path))
        }
        Message::Saved => f.write_str("完成。\n"),
        Message::Saving { profile } => write!(f, "正在保存配置 [{}]... ", name(profile)),
        Message::SignedInWithoutCredentials { profile } => {
            writeln!(f, "配置 `{}` 已登录并保存，但尚未获取凭证；下一条命令会自动获取。", name(profile))
        }
        Message::StillWaiting => f.write_str(sign_in::STILL_WAITING),
        Message::StillSignedIn { profile } => {
            writeln!(f, "配置 `{}` 已登录并保存；如需修改，请再次运行 `configure`。", name(profile))
        }
        Message::Status(status) => status::status(status, f),
        Message::Switched { profile } => writeln!(f, "当前配置已切换为 `{}`。", name(profile)),
        Message::TimeLeft { left } => write!(f, "正在等待浏览器，剩余 {}", span(*left)),
        Message::Verdict(verdict) => f.write_str(match verdict {
            Verdict::Ok => "正常     ",
            Verdict::Warning => "警告     ",
            Verdict::Problem => "问题     ",
        }),
        Message::Welcome { identity, until, remaining } => write!(
            f,
            "\n配置完成！\n欢迎使用阿里云，账号 {}！\n您的身份是 {}。\n凭证将在 {}后过期（{until}），届时会自动续期。\n",
            identity.account_id,
            identity.arn,
            span(*remaining)
        ),
    }
}

fn renewing(profile: &str, reason: Reason, f: &mut String) -> Result {
    write!(f, "正在更新 `{}` 的凭证：", name(profile))?;
    f.write_str(match reason {
        Reason::Missing => "尚无凭证\n",
        Reason::UnknownEnd => "文件中没有过期时间\n",
        Reason::Over => "凭证已过期\n",
        Reason::Refused => "凭证被服务拒绝\n",
        Reason::Implausible => "过期时间过于遥远，不可信\n",
        Reason::Ending(left) => return writeln!(f, "凭证将在 {}后过期", span(left)),
    })
}

pub(super) fn problem(problem: &Problem, f: &mut String) -> Result {
    f.write_str(match problem {
        Problem::ClientId => "应用 ID 只能包含字母、数字、点、连字符和下划线",
        Problem::AppName => "名称最多 64 个字符，只能包含字母、数字、点、连字符和下划线",
        Problem::DisplayName => "显示名称的长度应为 1 至 24 个字符，且不能为空白",
        Problem::CallbackUrl => "回调地址应为完整的 URL，不含空白、分号和片段，例如 https://example.com/callback",
        Problem::Scope => "OAuth 范围不能包含空白、引号、反斜杠和分号",
        Problem::GitLabUrl => "这不是 GitLab 的地址；请按 `external_url` 填写，例如 https://gitlab.example.com",
        Problem::Duration => "时长应为秒数，或带单位的数字，例如 90s、15m 或 1h 30m",
        Problem::Key => "未知的配置项；可用的键与 config.json 中相同，例如 mode、region_id 或 oauth_site_type",
        Problem::Timeout => "超时时间应为秒数，或带单位的数字，例如 90s、5m 或 1h 30m，最长 24h",
        Problem::Fault => "故障的格式为 ENDPOINT=FAULT 或 ENDPOINT=FAULTxTIMES；`sandbox --help` 列出了所有故障",
        Problem::Language => "语言应为 zh 或 en",
        Problem::Mode => "未知的认证方式；仅支持 OAuth",
        Problem::ProfileName => "配置名称的长度应为 1 至 256 字节，不能为空白，也不能包含控制字符",
        Problem::Paste(error) => return sign_in::paste(*error, f),
        Problem::Region => "地域 ID 只能包含字母、数字和连字符，例如 cn-hangzhou",
        Problem::Site => "OAuth 登录站点应为 CN（或 0）或 INTL（或 1）",
        Problem::YesNo => "请输入 yes 或 no",
        Problem::TooLong => "输入内容超过 64 KiB",
        Problem::NotText => "输入内容不是有效的 UTF-8 文本",
    })
}

/// A span in its two largest units, such as `2 小时 5 分钟`.
fn span(span: Duration) -> String {
    let unit = |unit| match unit {
        Unit::Days => "天",
        Unit::Hours => "小时",
        Unit::Minutes => "分钟",
        Unit::Seconds => "秒",
    };
    let parts: Vec<String> = units(span).map(|(count, of)| format!("{count} {}", unit(of))).collect();
    parts.join(" ")
}

/// The table in `--help`.
const EXIT_CODES: &str = "\
退出码：
  0    成功
  1    内部错误
  2    用法错误：命令行或对提问的回答有误
  3    需要登录
  4    被拒绝
  5    暂时性错误：网络、服务、超时或端口
  6    本地文件错误
  125  exec：没有可供命令使用的凭证，原因见错误信息
  126  exec：命令无法运行
  127  exec：找不到命令
  130  已中断";
