//! What the operating system reports, in Chinese: the system itself speaks English to programs.

use std::io::{self, ErrorKind};

/// An error of the system, in words where it is a common one, and its number.
pub(super) fn system(error: &io::Error) -> String {
    let words = match error.kind() {
        ErrorKind::NotFound => "文件或目录不存在",
        ErrorKind::PermissionDenied => "权限不足",
        ErrorKind::AlreadyExists => "文件已存在",
        ErrorKind::NotADirectory => "不是目录",
        ErrorKind::IsADirectory => "是一个目录",
        ErrorKind::DirectoryNotEmpty => "目录不为空",
        ErrorKind::ReadOnlyFilesystem => "文件系统为只读",
        ErrorKind::StorageFull => "磁盘空间不足",
        ErrorKind::QuotaExceeded => "超出磁盘配额",
        ErrorKind::FileTooLarge => "文件过大",
        ErrorKind::InvalidFilename => "文件名无效",
        ErrorKind::ArgumentListTooLong => "参数列表过长",
        ErrorKind::ExecutableFileBusy => "可执行文件正被占用",
        ErrorKind::ResourceBusy => "资源正忙",
        ErrorKind::Unsupported => "系统不支持该操作",
        ErrorKind::OutOfMemory => "内存不足",
        ErrorKind::Interrupted => "操作被中断",
        ErrorKind::InvalidData => "数据无效",
        ErrorKind::InvalidInput => "参数无效",
        ErrorKind::UnexpectedEof => "数据提前结束",
        ErrorKind::BrokenPipe => "管道已关闭",
        ErrorKind::WouldBlock => "资源暂时不可用",
        ErrorKind::TimedOut => "超时",
        ErrorKind::AddrInUse => "地址已被占用",
        ErrorKind::AddrNotAvailable => "地址不可用",
        ErrorKind::ConnectionRefused => "连接被拒绝",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => "连接被对方中断",
        ErrorKind::NotConnected => "未连接",
        ErrorKind::HostUnreachable => "主机不可达",
        ErrorKind::NetworkUnreachable => "网络不可达",
        ErrorKind::NetworkDown => "网络未连接",
        _ => "系统错误",
    };
    match error.raw_os_error() {
        Some(number) => format!("{words}（系统错误码 {number}）"),
        None => words.to_owned(),
    }
}
