//! Applications in RAM, in Chinese.

use std::fmt::{Result, Write as _};

use super::network::call;
use crate::applications::{FindError, Status};
use crate::cli::failure::{AppFailure, Place};
use crate::cli::messages::app::Losing;
use crate::cli::messages::shown::name;
use crate::cli::messages::{AppHint, AppMessage};
use crate::openapi::ims::{AssignmentType, Principal, Provision, Scope};
use crate::openapi::{ActionError, CallError};
use crate::reply::ReplyError;
use crate::site::Site;
use crate::text::shell_word;

/// How many of a list are named in a sentence.
const MOST_NAMED: usize = 20;

pub(super) fn message(message: &AppMessage<'_>, f: &mut String) -> Result {
    match message {
        AppMessage::AskChange => f.write_str("是否继续？[y/N]："),
        AppMessage::AlreadyInstalled { site } => {
            writeln!(f, "`official-cli`（{}）已安装。", site.client_id())
        }
        AppMessage::WillInstall { site } => {
            writeln!(f, "即将在账号中安装 `official-cli`（{}，站点 {site}）。", site.client_id())
        }
        AppMessage::Installed { site, provision } => {
            writeln!(f, "`official-cli`（{}）安装完成。", site.client_id())?;
            installed(provision, f)
        }
        AppMessage::NotInstalled { site } => writeln!(f, "`official-cli`（{}）未安装。", site.client_id()),
        AppMessage::WillUninstall { site, losing } => {
            writeln!(f, "即将从账号中移除 `official-cli`（{}，站点 {site}）。", site.client_id())?;
            match losing {
                Losing::Everyone => f.write_str("账号下的所有身份都将失去访问权限：任何人都无法再用它登录。"),
                Losing::Unknown => f.write_str("无法读取分配名单；已分配的身份和账号本身都将失去访问权限。"),
                Losing::These([]) => f.write_str("没有分配任何身份；账号本身将失去访问权限。"),
                Losing::These(principals) => {
                    f.write_str("除账号本身外，以下身份将失去访问权限：")?;
                    named(principals, f)
                }
            }?;
            f.write_str("\n已签发的会话在过期前仍然有效。\n")
        }
        AppMessage::Uninstalled { site } => {
            writeln!(f, "已从账号中移除 `official-cli`（{}）。", site.client_id())
        }
        AppMessage::WillAssign { principals, site } => {
            write!(f, "以下身份将可以使用 `official-cli`（站点 {site}）登录：")?;
            named(principals, f)?;
            f.write_str("\n")
        }
        AppMessage::WillUnassign { principals, site } => {
            write!(f, "以下身份将无法再使用 `official-cli`（站点 {site}）登录：")?;
            named(principals, f)?;
            f.write_str("\n")
        }
        AppMessage::Assigned { principal, already } => {
            let how = if *already { "此前已分配" } else { "已分配" };
            writeln!(f, "{}：{how}", name(&principal.to_string()))
        }
        AppMessage::Unassigned { principal, was } => {
            let how = if *was { "已取消分配" } else { "此前未分配" };
            writeln!(f, "{}：{how}", name(&principal.to_string()))
        }
        AppMessage::NotDone { name: who, why } => {
            write!(f, "{}：", name(who))?;
            super::failure::failure(why, f)?;
            f.write_str("\n")
        }
        AppMessage::SessionsLiveOn => f.write_str(
            "已签发的会话在过期前仍然有效；如需立即终止，请在 RAM 控制台禁用该 RAM 用户或吊销该角色的会话。\n",
        ),
        AppMessage::Everyone => f.write_str("账号下的所有身份都可以登录。\n"),
        AppMessage::NobodyAssigned => f.write_str("没有分配任何身份；只有账号本身可以登录。\n"),
        AppMessage::Status { status: found, site } => status(found, *site, f),
    }
}

fn status(status: &Status, site: Site, f: &mut String) -> Result {
    f.write_str("身份          ")?;
    match &status.identity {
        Ok(identity) => writeln!(f, "{}（{}）", identity.arn, identity.identity_type)?,
        Err(error) => {
            f.write_str("未知：")?;
            call(error, f)?;
            f.write_str("\n")?;
        }
    }
    write!(f, "official-cli  {}，站点 {site}，", site.client_id())?;
    match &status.provision {
        Ok(Some(provision)) => {
            f.write_str("已安装\n")?;
            installed(provision, f)?;
        }
        Ok(None) => f.write_str("未安装\n")?,
        Err(error) => {
            f.write_str("未知：")?;
            action(error, f)?;
            f.write_str("\n")?;
        }
    }
    assigned(status, f)?;
    may(status, site, f)
}

fn installed(provision: &Provision, f: &mut String) -> Result {
    let assignment = match &provision.assignment {
        AssignmentType::AllowAll => "账号下的所有身份都可以登录".to_owned(),
        AssignmentType::OnDemand => "按需分配：只有已分配的身份和账号本身可以登录".to_owned(),
        AssignmentType::Unknown(other) if other.is_empty() => "服务未说明".to_owned(),
        AssignmentType::Unknown(other) => name(other),
    };
    writeln!(f, "分配方式      {assignment}")?;
    writeln!(f, "OAuth 范围    {}", scopes(&provision.scopes))?;
    match provision.needs_consent {
        Some(true) => f.write_str("用户同意      每个身份会被询问一次\n"),
        Some(false) => f.write_str("用户同意      不会询问任何身份\n"),
        None => Ok(()),
    }
}

pub(super) fn scopes(scopes: &[Scope]) -> String {
    match scopes {
        [] => "服务未列出".to_owned(),
        scopes => scopes.iter().map(|scope| name(&scope.name)).collect::<Vec<_>>().join(" "),
    }
}

fn assigned(status: &Status, f: &mut String) -> Result {
    match &status.assignments {
        None => Ok(()),
        Some(Ok(principals)) if principals.is_empty() => f.write_str("已分配        无\n"),
        Some(Ok(principals)) => {
            f.write_str("已分配        ")?;
            named(principals, f)?;
            f.write_str("\n")
        }
        Some(Err(error)) => {
            f.write_str("已分配        未知：")?;
            action(error, f)?;
            f.write_str("\n")
        }
    }
}

/// What the identity may do about it. That reading works is seen; changes cannot be tried out.
fn may(status: &Status, site: Site, f: &mut String) -> Result {
    let denied = status.denied();
    let is_account = status.identity.as_ref().is_ok_and(|identity| identity.is_account());
    match denied.as_slice() {
        [] if is_account => f.write_str("权限          账号本身拥有全部权限\n")?,
        [] => {
            f.write_str("权限          可以读取；能否更改只有在执行时才能确定（`--policy` 会输出所需的权限策略）\n")?
        }
        actions => {
            let actions = actions.iter().map(|action| format!("ram:{action}")).collect::<Vec<_>>();
            writeln!(f, "权限          缺少 {}（`--policy` 会输出所需的权限策略）", actions.join("、"))?;
        }
    }
    writeln!(f, "控制台        {}", Place::ThirdParty(site).address())?;
    writeln!(f, "              {}", Place::Assignments(site).address())
}

fn named(principals: &[Principal], f: &mut String) -> Result {
    let names: Vec<String> = principals.iter().take(MOST_NAMED).map(|one| name(&one.to_string())).collect();
    f.write_str(&names.join("、"))?;
    match principals.len().saturating_sub(MOST_NAMED) {
        0 => Ok(()),
        more => write!(f, " 等，另有 {more} 个"),
    }
}

pub(super) fn failure(failure: &AppFailure, f: &mut String) -> Result {
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

pub(super) fn hint(hint: &AppHint<'_>, f: &mut String) -> Result {
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
        AppHint::Install { site } => write!(f, "aliyun-rs app install --site {site}"),
    }
}
