//! What to do about a failure, in Chinese.

use std::fmt::{Result, Write as _};

use super::app;
use crate::cli::failure::{profile_option, sign_in_command};
use crate::cli::messages::Hint;
use crate::cli::messages::shown::name;
use crate::site::SANDBOX_VARIABLE;
use crate::text::shell_word;

/// Several hints, as one text.
pub(in crate::cli::messages) fn hints(hints: &[Hint<'_>], f: &mut String) -> Result {
    for (index, each) in hints.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { "；" })?;
        hint(each, f)?;
    }
    Ok(())
}

pub(in crate::cli::messages) fn hint(hint: &Hint<'_>, f: &mut String) -> Result {
    match hint {
        Hint::App(about) => app::hint(about, f),
        Hint::Assign => f.write_str(
            "可能需要 RAM 管理员在账号中安装应用 `official-cli`（RAM 控制台 > 集成管理 > OAuth 应用（公测）> \
             第三方应用），并将其分配给此 RAM 用户或角色",
        ),
        Hint::BrokenFile { remembered: true, .. } => f.write_str(
            "请修复该处内容，或运行 aliyun-rs configure restore：该命令会重命名此文件，并从旁边的日志恢复登录",
        ),
        Hint::BrokenFile { path, remembered: false } => {
            let path = shell_word(path.as_os_str());
            write!(f, "请修复该处内容，或保留其中仍可读取的配置：aliyun-rs configure restore；文件中有令牌：{path}")
        }
        Hint::CaptivePortal => {
            f.write_str("应答的不是阿里云，而是强制门户或代理；请在浏览器中打开任意网页，或设置 HTTPS_PROXY")
        }
        Hint::Certificate => {
            f.write_str("如果公司代理会检查加密连接，请将其 CA 证书添加到系统信任库，或通过 SSL_CERT_FILE 指定证书文件")
        }
        Hint::Clock => f.write_str("请检查本机的日期和时间"),
        Hint::ConfigPath => f.write_str("如需将配置保存到其他文件，请设置 HOME 或使用 `--config-path`"),
        Hint::EmptyFile { remembered: true, .. } => {
            f.write_str("旁边的日志仍保留着其中的登录，可以恢复：aliyun-rs configure restore")
        }
        Hint::EmptyFile { path, remembered: false } => {
            write!(f, "请删除该文件，然后登录：rm {}", shell_word(path.as_os_str()))
        }
        Hint::FindOut => f.write_str("登录可能已失效；请再次运行同一命令以确认"),
        Hint::ForeignToken => {
            write!(f, "如需使用此配置，请取消设置 {SANDBOX_VARIABLE}；沙箱只能使用在沙箱中登录的配置")
        }
        Hint::Incomplete { profile } => write!(f, "请修复该配置，或重新登录：{}", sign_in_command(profile, None)),
        Hint::KeyRefused => f.write_str("请重新登录该配置，或检查其访问密钥（AccessKey）"),
        Hint::Lost => f.write_str("请释放磁盘空间或将目录设为可写，然后重新登录"),
        Hint::Names { names: [] } => {
            f.write_str("还没有任何配置；请运行 `aliyun-rs configure --mode OAuth --profile NAME` 创建")
        }
        Hint::Names { names } => {
            let names = names.iter().map(|profile| format!("`{}`", name(profile))).collect::<Vec<_>>();
            write!(f, "现有配置：{}", names.join("、"))
        }
        Hint::Network => f.write_str("请检查网络；如果需要代理，请检查 HTTPS_PROXY 和 NO_PROXY"),
        Hint::NewerVersion => f.write_str("请在本机使用最新版本的 aliyun-rs"),
        Hint::OfficialConfigure { mode, profile } => {
            let mode = shell_word(mode.as_str().as_ref());
            write!(f, "请使用官方客户端：aliyun configure --mode {mode} {}", profile_option(profile))
        }
        Hint::OfficialTools { profile } => write!(
            f,
            "请通过官方客户端使用该配置（`aliyun {}`），或用 `--profile` 指定认证方式为 OAuth、AK 或 StsToken 的配置",
            profile_option(profile)
        ),
        Hint::OptionsAfter => f.write_str("请将 `--profile NAME` 放在子命令之后：`configure switch --profile NAME`"),
        Hint::Ownership => f.write_str("请以文件所有者的身份运行，或用 chown 更改文件所有者"),
        Hint::PasteInstead => f.write_str("请使用 `configure --no-browser` 登录，并粘贴浏览器最终停留的地址"),
        Hint::Ports => {
            f.write_str("登录需要使用其中一个端口；请停止占用端口的程序（可用 `ss -ltnp` 或 `netstat -ano` 查看）")
        }
        Hint::ReplaceMode { mode, profile } => {
            let (mode, option) = (shell_word(mode.as_str().as_ref()), profile_option(profile));
            write!(
                f,
                "如需替换：aliyun-rs configure --mode OAuth {option}；如需保留其认证方式：aliyun configure --mode {mode} \
                 {option}"
            )
        }
        Hint::Retry => f.write_str("请稍后重试"),
        Hint::RunningSandbox { variable, url: "" } => write!(f, "请停止该沙箱，或将 {variable} 设为它输出的值"),
        Hint::RunningSandbox { variable, url } => write!(f, "如需使用该沙箱，请设置 {variable}={url}"),
        Hint::Sandbox => f.write_str("`aliyun-rs sandbox` 会输出应使用的值"),
        Hint::ShorterTtl => f.write_str("请使用更短的 `--min-ttl`"),
        Hint::SignIn => f.write_str("aliyun-rs configure --mode OAuth --profile NAME"),
        Hint::SignInAgain => f.write_str("授权已被使用或已过期：请再次运行同一命令"),
        Hint::SignInTo { profile, site } => f.write_str(&sign_in_command(profile, *site)),
        Hint::Stranded => f.write_str("请保留该文件并将目录设为可写；下一条命令会将其移到正确位置"),
        Hint::Support => f.write_str("这不是阿里云通常的应答；请重试，如果问题持续存在，请反馈"),
        Hint::TimedOut => f.write_str(
            "请再次运行该命令，可用 `--timeout 10m` 延长等待时间；如果浏览器在其他机器上，请粘贴其最终停留的地址",
        ),
        Hint::UseExec => f.write_str("请通过 `aliyun-rs exec` 运行程序，程序将不会读取到它"),
        Hint::Yes => f.write_str("请使用 `--yes` 确认"),
    }
}
