//! What is wrong with the shared file, in Chinese.

use std::fmt::{Result, Write as _};
use std::path::Path;

use super::span;
use super::system::system;
use crate::cli::messages::shown::quoted;
use crate::config::{Danger, Defect, FileAction, Malformed, StoreError};
use crate::host::NotPrivate;
use crate::serve::TokenFileError;

/// The shared file's errors.
pub(super) fn store(error: &StoreError, f: &mut String) -> Result {
    match error {
        StoreError::Io { action, path, source } => {
            let path = quoted(path);
            match action {
                FileAction::Open => write!(f, "无法打开 {path}")?,
                FileAction::Create => write!(f, "无法创建 {path}")?,
                FileAction::Stat => write!(f, "无法查看 {path} 的状态")?,
                FileAction::Read => write!(f, "无法读取 {path}")?,
                FileAction::Write => write!(f, "无法写入 {path}")?,
                FileAction::Reserve => write!(f, "无法为 {path} 预留空间")?,
                FileAction::Replace => write!(f, "无法替换 {path}")?,
                FileAction::Rename => write!(f, "无法重命名 {path}")?,
                FileAction::Remove => write!(f, "无法删除 {path}")?,
                FileAction::Sync => write!(f, "无法将 {path} 同步到磁盘")?,
                FileAction::Chown => write!(f, "无法更改 {path} 的所有者")?,
                FileAction::Chmod => write!(f, "无法更改 {path} 的权限")?,
                FileAction::Resolve => write!(f, "无法解析路径 {path}")?,
                FileAction::Lock => write!(f, "无法锁定 {path}")?,
            }
            write!(f, "：{}", system(source))
        }
        StoreError::Malformed { path, source } => {
            write!(f, "{} 已损坏：", quoted(path))?;
            malformed(source, f)
        }
        StoreError::Empty { path } => write!(f, "{} 是空文件", quoted(path)),
        StoreError::TooLarge { path, limit } => write!(f, "{} 超过 {} MiB", quoted(path), limit >> 20),
        StoreError::NotAFile { path } => write!(f, "{} 不是普通文件", quoted(path)),
        StoreError::Dangling { path } => write!(f, "{} 是指向不存在的文件的符号链接", quoted(path)),
        StoreError::Moved { path } => write!(f, "命令运行期间，{} 被链接到了其他文件", quoted(path)),
        StoreError::Unsafe { path, why } => {
            let why = match why {
                Danger::ForeignOwner => "属于其他用户",
                Danger::ForeignLink => "经由其他用户的链接，指向不属于该用户的文件",
                Danger::WorldWritable => "可被任何用户更改",
                Danger::NotALockFile => "不是此用户的锁文件",
            };
            write!(f, "{} {why}", quoted(path))
        }
        StoreError::JournalTooNew { path } => write!(f, "令牌轮换日志 {} 由 aliyun-rs 的更高版本写入", quoted(path)),
        StoreError::Stranded { copy, source } => {
            write!(f, "新令牌的唯一副本在 {} 中：", quoted(copy))?;
            store(source, f)
        }
        StoreError::Busy { path, waited } => {
            write!(f, "{} 正被其他进程使用（已等待 {}）", quoted(path), span(*waited))
        }
    }
}

/// A place in the file, and what is wrong there.
pub(super) fn malformed(place: &Malformed, f: &mut String) -> Result {
    let what = match place.what {
        Defect::Empty => "内容为空",
        Defect::NotJson => "不是有效的 JSON",
        Defect::Truncated => "文件在值的中途结束",
        Defect::NotUtf8 => "不是有效的 UTF-8",
        Defect::Utf16 => "文件为 UTF-16 编码，应为 UTF-8",
        Defect::TooDeep => "嵌套过深",
        Defect::NotAnObject => "此处应为对象",
        Defect::RepeatedKey => "`current` 或 `profiles` 重复出现",
        Defect::ProfilesNotAList => "此处应为配置的列表",
        Defect::NotAProfile => "此处应为带名称的配置",
    };
    write!(f, "第 {} 行第 {} 列：{what}", place.line, place.column)
}

pub(super) fn token_file(path: &Path, error: &TokenFileError, f: &mut String) -> Result {
    let path = quoted(path);
    match error {
        TokenFileError::NotCreated(error) => write!(f, "无法创建 {path}：{}", system(error)),
        TokenFileError::NotPrivate(NotPrivate::Io(error)) => write!(f, "无法读取 {path}：{}", system(error)),
        TokenFileError::NotPrivate(NotPrivate::NotAFile) => write!(f, "{path} 不是普通文件"),
        TokenFileError::NotPrivate(NotPrivate::Shared) => {
            write!(f, "{path} 不是私有文件：该文件必须属于您，且其他用户不能读取或修改（权限 0600）")
        }
        TokenFileError::NotPrivate(NotPrivate::Malformed) | TokenFileError::Unusable => {
            write!(f, "{path} 中没有可用的密钥：应为一行 32 到 256 个字母、数字、连字符或下划线")
        }
        TokenFileError::NoEntropy(_) => f.write_str("系统无法提供随机数"),
    }
}
