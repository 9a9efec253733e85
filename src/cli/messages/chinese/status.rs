//! How a profile stands, in Chinese.

use std::fmt::{Result, Write as _};

use super::span;
use crate::cli::failure::sign_in_command;
use crate::cli::messages::shown::name;
use crate::cli::source::Source;
use crate::cli::status::{Login, Status};
use crate::text::visible;
use crate::time::Timestamp;

pub(super) fn status(status: &Status<'_>, f: &mut String) -> Result {
    writeln!(f, "配置      {}（{}）", name(status.profile.as_str()), chosen(status.profile_from))?;
    write!(f, "文件      {}（{}", visible(&status.file.display().to_string()), chosen(status.file_from))?;
    match &status.file_mode {
        Some(mode) => writeln!(f, "，权限 {mode}）")?,
        None => f.write_str("）\n")?,
    }
    if let Some(target) = &status.file_target {
        writeln!(f, "          链接到 {}", visible(&target.display().to_string()))?;
    }
    for file in &status.side_files {
        writeln!(f, "          同目录文件：{}", visible(&file.display().to_string()))?;
    }
    let site = status.site.map(|site| format!("，站点 {site}")).unwrap_or_default();
    writeln!(f, "认证方式  {}{site}", name(status.mode))?;
    match status.region_id {
        Some(region) => writeln!(f, "地域      {}（{}）", name(region), chosen(status.region_from))?,
        None => f.write_str("地域      未设置；官方客户端会将此类配置视为无效\n")?,
    }
    if let Some(language) = status.language {
        writeln!(f, "语言      {}", name(language))?;
    }
    writeln!(f, "登录      {}", login(status))?;
    if let Some(end) = status.credentials_expire {
        writeln!(f, "凭证      {}", end_of(end, status.now))?;
    }
    for variable in &status.overriding_variables {
        writeln!(f, "环境变量  已设置 {}：其他工具可能会优先使用它，而不使用该配置", name(variable))?;
    }
    Ok(())
}

fn login(status: &Status<'_>) -> String {
    let lasts = || match status.login_expires {
        Some(end) => format!("登录{}", end_of(end, status.now)),
        None => "服务器未说明登录的有效期".to_owned(),
    };
    match status.login {
        Login::SignedIn => format!("已登录；{}", lasts()),
        Login::Renewable => format!("可续期：下一条命令会自动获取新凭证；{}", lasts()),
        Login::SignInNeeded => format!("需要登录：{}", sign_in_command(status.profile, status.site)),
        Login::NotOAuth => "不是 OAuth 登录".to_owned(),
    }
}

fn end_of(end: Timestamp, now: Timestamp) -> String {
    if end > now {
        format!("将在 {}后过期（{end}）", span(end.remaining(now)))
    } else {
        format!("已于 {end} 过期")
    }
}

fn chosen(source: Source) -> &'static str {
    match source {
        Source::Option => "来自选项",
        Source::Variable(name) => name,
        Source::File => "来自文件",
        Source::Sandbox => "沙箱专用",
        Source::Default => "默认值",
    }
}
