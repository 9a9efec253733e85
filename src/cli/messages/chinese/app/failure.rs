//! What can go wrong with applications, in Chinese.

use std::fmt::{Result, Write as _};

use super::super::network::call;
use super::{named, own};
use crate::applications::FindError;
use crate::cli::failure::AppFailure;
use crate::cli::messages::AppHint;
use crate::cli::messages::app::{drop_command, rotate_command, update_command};
use crate::cli::messages::shown::{name, quoted};
use crate::openapi::{ActionError, CallError};
use crate::reply::ReplyError;
use crate::text::shell_word;

pub(in crate::cli::messages::chinese) fn failure(failure: &AppFailure, f: &mut String) -> Result {
    match failure {
        AppFailure::Action { error, .. } => action(error, f),
        AppFailure::Find { error, .. } => match error {
            FindError::Action(error) => action(error, f),
            FindError::Nobody { name: who } => {
                write!(f, "没有登录名称、UPN、用户 ID 或显示名称为 `{}` 的 RAM 用户", name(who))
            }
            FindError::NoRole { name: who } => write!(f, "没有 RAM 角色 `{}`", name(who)),
            FindError::Several { name: who, .. } => write!(f, "有多个 RAM 用户与 `{}` 相符", name(who)),
        },
        AppFailure::NotConfirmed => f.write_str("未做任何更改：此操作需要确认，而标准输入不是终端"),
        AppFailure::Declined => f.write_str("未做任何更改"),
        AppFailure::Interrupted => f.write_str("已中断；正在进行的更改可能已经生效"),
        AppFailure::NotInstalled(site) => {
            write!(f, "账号中未安装 `official-cli`（{}）", site.client_id())
        }
        AppFailure::NotThere { .. } => f.write_str("服务接受了更改，但随后读取的结果中没有该更改"),
        AppFailure::LookUp { error, .. } => own::look_up(error, f),
        AppFailure::Exists { id, wanted, differences, .. } => own::exists(id, wanted, differences, f),
        AppFailure::DisplayNameNeeded => f.write_str("名称超过显示名称的 24 个字符：请加上 `--display-name`"),
        AppFailure::NotAWebAddress { uri } => {
            write!(f, "Web 应用的回调地址不能是 `{}`：请使用 http 或 https", name(uri))
        }
        AppFailure::NoSecretPlace => f.write_str("未做任何更改：将会创建应用密钥，而此处不是可以显示它的终端"),
        AppFailure::SecretFile { path, error } if error.kind() == std::io::ErrorKind::AlreadyExists => {
            write!(f, "未做任何更改：{} 已存在，密钥不会写入已有的文件", quoted(path))
        }
        AppFailure::SecretFile { path, error } => {
            write!(f, "未做任何更改：无法创建 {}：{error}", quoted(path))
        }
        AppFailure::SecretUnreadable { path, error } => {
            write!(f, "无法从 {} 读取应用密钥：{error}", quoted(path))
        }
        AppFailure::NoSecretYet { name: what, id, why } => {
            write!(f, "应用 `{}`（{}）存在，但未能为其创建新密钥：", name(what), name(id))?;
            super::super::failure::failure(why, f)
        }
        AppFailure::SecretUnsaved { secret, path, error, .. } => {
            write!(f, "已创建应用密钥 {}，但无法写入 {}：{error}", name(secret), quoted(path))
        }
        AppFailure::TwoSecrets { name: what, .. } => {
            write!(f, "应用 `{}` 已有两个密钥，不能再创建；请先删除其中一个", name(what))
        }
        AppFailure::NoSuchSecret { name: what, secrets } => {
            write!(f, "应用 `{}` 没有此 ID 的密钥；{}", name(what), own::secret_ids(secrets))
        }
        AppFailure::Some { failed, of, .. } => write!(f, "{of} 个名称中有 {failed} 个失败，详见上文"),
    }
}

/// An action that failed.
pub(super) fn action(error: &ActionError, f: &mut String) -> Result {
    write!(f, "{}：", error.action)?;
    if error.is_unknown_action() {
        f.write_str("服务在此处尚未提供此操作：")?;
    }
    match &error.error {
        CallError::Reply(ReplyError::Refused(refusal)) if error.is_denied() => {
            write!(f, "没有权限（`{}`，状态码 {}", refusal.code.as_deref().unwrap_or_default(), refusal.status)?;
            match &refusal.request_id {
                Some(id) => write!(f, "，请求 ID {id}）"),
                None => f.write_str("）"),
            }
        }
        error => call(error, f),
    }
}

pub(in crate::cli::messages::chinese) fn hint(hint: &AppHint<'_>, f: &mut String) -> Result {
    match hint {
        AppHint::Console { place } => write!(f, "也可以在 RAM 控制台操作：{}", place.address()),
        AppHint::Permission { action } => {
            write!(f, "该身份缺少 `ram:{action}` 权限；在同一命令后加上 `--policy` 可输出包含全部所需权限的策略")
        }
        AppHint::OtherSite { site } => {
            write!(f, "应用不能跨站点使用：如果账号属于 {site} 站点，请加上 --site {site}")
        }
        AppHint::Role { name: who } => {
            write!(f, "角色的写法为 role/NAME：{}", shell_word(format!("role/{who}").as_ref()))
        }
        AppHint::Fitting { fitting } => {
            f.write_str("请指定其中一个的完整名称：")?;
            named(fitting, f)
        }
        AppHint::Remedy(seen) => super::check::remedy(seen, f),
        AppHint::ListApps => f.write_str("aliyun-rs app list"),
        AppHint::Ids { ids } => write!(f, "请用 ID 指定其中一个：{}", ids.join("、")),
        AppHint::Update { wanted, gitlab } => f.write_str(&update_command(wanted, *gitlab)),
        AppHint::SecretFile => f.write_str("请加上 `--secret-file FILE`"),
        AppHint::Rotate { name: what } => write!(f, "如需重试：{}", rotate_command(what)),
        AppHint::Drop { name: what, secret } => write!(f, "如需删除：{}", drop_command(what, secret)),
        AppHint::Install { site } => write!(f, "aliyun-rs app install --site {site}"),
    }
}
