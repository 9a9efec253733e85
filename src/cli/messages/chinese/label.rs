//! Titles, cells and prefixes in Chinese.

use std::fmt::{Result, Write as _};

use super::span;
use crate::cli::messages::{End, Label, Prefix};

pub(in crate::cli::messages) fn label(label: &Label, f: &mut String) -> Result {
    f.write_str(match label {
        Label::Profile => "配置",
        Label::Credential => "凭证",
        Label::Validity => "状态",
        Label::Region => "地域",
        Label::Language => "语言",
        Label::Expires => "有效期",
        Label::Type => "类型",
        Label::Id => "ID",
        Label::DisplayName => "显示名称",
        Label::Name => "名称",
        Label::Valid(true) => "有效",
        Label::Valid(false) => "无效",
        Label::Ends { sts, session } => {
            let parts = [("STS ", sts), ("会话", session)];
            let parts = parts.into_iter().filter_map(|(what, end)| Some(format!("{what}{}", ends((*end)?))));
            return f.write_str(&parts.collect::<Vec<_>>().join("，"));
        }
    })
}

fn ends(end: End) -> String {
    match end {
        End::Unknown => "有效期未知".to_owned(),
        End::Expired => "已过期".to_owned(),
        End::In(left) => format!("剩余 {}", span(left)),
    }
}

pub(in crate::cli::messages) fn prefix(prefix: &Prefix, f: &mut String) -> Result {
    f.write_str(match prefix {
        Prefix::Error => "错误：",
        Prefix::Hint => "提示：",
        Prefix::Warning => "警告：",
    })
}
