//! What the diagnosis has found, in Chinese.

use std::fmt::{Result, Write as _};

use super::network::transport;
use super::sign_in::why_no_browser;
use super::system::system;
use super::warning::{clock, note};
use crate::cli::messages::shown::{name, quoted};
use crate::doctor::Finding;

pub(super) fn finding(finding: &Finding, f: &mut String) -> Result {
    match finding {
        Finding::PortsFree(free) if free.is_empty() => f.write_str("端口 12345 至 12349 均被占用"),
        Finding::PortsFree(free) => {
            let ports: Vec<_> = free.iter().map(u16::to_string).collect();
            write!(f, "浏览器可以回调到本机：空闲端口 {}", ports.join("、"))
        }
        Finding::PortTaken { port, holder: Some(holder) } => {
            write!(f, "端口 {port} 被 {}（进程 {}）占用", name(&holder.name), holder.pid)
        }
        Finding::PortTaken { port, holder: None } => write!(f, "端口 {port} 被其他程序占用，系统未显示是哪个程序"),
        Finding::PortForbidden { port, error } => write!(f, "系统不允许监听端口 {port}：{}", system(error)),
        Finding::Browser => f.write_str("可以打开浏览器"),
        Finding::NoBrowser(why) => write!(f, "此处不会打开浏览器：{}", why_no_browser(*why)),
        Finding::Proxy { variable } => write!(f, "请求将通过 {variable} 指定的代理发送"),
        Finding::CertificatesMissing { variable, path } => write!(f, "{variable} 指定的 {} 不存在", quoted(path)),
        Finding::Reached { host, took } => write!(f, "{} 在 {} 毫秒内应答", name(host), took.as_millis()),
        Finding::Unreached(error) => transport(error, f),
        Finding::Clock(skew) if skew.seconds() == 0 => f.write_str("本机时钟与阿里云一致"),
        Finding::Clock(skew) => clock(*skew, f),
        Finding::File { path, mode } => {
            let mode = mode.map(|mode| format!("，权限 {mode:04o}")).unwrap_or_default();
            write!(f, "{} 可以读取、锁定和写入{mode}", quoted(path))
        }
        Finding::NoFile { path } => write!(f, "{} 尚不存在；登录时会创建", quoted(path)),
        Finding::FileUnusable(error) => super::file::store(error, f),
        Finding::FileOdd(found) => note(found, f),
        Finding::FileLocked { path } => write!(f, "其他程序正持有 {} 的锁", quoted(path)),
        Finding::FileMounted { path } => {
            write!(f, "{} 是单独挂载的文件，只能原地写入而无法替换；请改为挂载其所在目录", quoted(path))
        }
        Finding::DiskFull { path, free } => write!(f, "{} 仅剩 {free} 字节可用空间", quoted(path)),
        Finding::Leftover { path } => write!(f, "{} 中有其他工具的凭证", quoted(path)),
        Finding::VariableSet { name: variable } => {
            write!(f, "已设置 {}：其他工具可能会优先使用它，而不使用该配置", name(variable))
        }
        Finding::Profile { profile } => write!(f, "配置 `{}` 有凭证，或可在需要时获取", name(profile.as_str())),
        Finding::SignInNeeded { profile, .. } => write!(f, "配置 `{}` 需要登录", name(profile.as_str())),
        Finding::ProfileUnusable(error) => super::failure::credentials(error, f),
    }
}
