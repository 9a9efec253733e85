//! Applications in RAM, in Chinese.

mod check;
mod failure;
mod own;

use std::fmt::{Result, Write as _};

use super::network::call;
use crate::applications::OfficialStatus;
use crate::cli::failure::ConsolePage;
use crate::cli::messages::AppMessage;
use crate::cli::messages::app::Losing;
use crate::cli::messages::app::drop_command;
use crate::cli::messages::shown::name;
use crate::openapi::ims::{AssignmentType, Principal, Provision, Scope};
use crate::site::Site;

use failure::action;
pub(super) use failure::{failure, hint};

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
        AppMessage::AskSecret => f.write_str("应用密钥（不显示）："),
        AppMessage::Judgement(judgement) => f.write_str(check::judgement(*judgement)),
        AppMessage::Observation(seen) => check::observation(seen, f),
        AppMessage::Predicted { identity, user } => check::predicted(identity, user, f),
        AppMessage::WillCreate { new } => own::will_create(new, f),
        AppMessage::Created { application } => own::created(application, f),
        AppMessage::Configuration { omnibus, source } => own::configuration(omnibus, source, f),
        AppMessage::AskToShowSecret => {
            f.write_str("应用密钥将在此处显示一次（使用 `--secret-file` 则不会显示）。是否继续？[y/N]：")
        }
        AppMessage::SecretSaved { id, path } => own::saved(id, path, f),
        AppMessage::SecretShown { secret } => own::shown(secret, f),
        AppMessage::Application { application, secrets } => own::application(application, secrets, f),
        AppMessage::NothingToChange { name: what } => writeln!(f, "应用 `{}` 已符合要求。", name(what)),
        AppMessage::WillUpdate { application, changes } => own::will_update(application, changes, f),
        AppMessage::Updated { application } => own::details(application, f),
        AppMessage::WillAddSecret { application } => {
            writeln!(f, "即将为 `{}`（{}）创建应用密钥。", name(&application.name), name(&application.id))
        }
        AppMessage::DropLater { name: what, secret } => {
            writeln!(f, "不再使用旧密钥后，请执行：{}", drop_command(what, secret))
        }
        AppMessage::WillDropSecret { application, secret, is_last } => own::will_drop(application, secret, *is_last, f),
        AppMessage::SecretDropped { secret } => writeln!(f, "已删除应用密钥 {}。", name(secret)),
        AppMessage::WillDelete { application } => own::will_delete(application, f),
        AppMessage::DeletedApplication { application } => {
            writeln!(f, "已删除应用 `{}`（{}）。", name(&application.name), name(&application.id))
        }
    }
}

fn status(status: &OfficialStatus, site: Site, f: &mut String) -> Result {
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

fn assigned(status: &OfficialStatus, f: &mut String) -> Result {
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
fn may(status: &OfficialStatus, site: Site, f: &mut String) -> Result {
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
    writeln!(f, "控制台        {}", ConsolePage::ThirdParty(site).address())?;
    writeln!(f, "              {}", ConsolePage::Assignments(site).address())
}

fn named(principals: &[Principal], f: &mut String) -> Result {
    let names: Vec<String> = principals.iter().take(MOST_NAMED).map(|one| name(&one.to_string())).collect();
    f.write_str(&names.join("、"))?;
    match principals.len().saturating_sub(MOST_NAMED) {
        0 => Ok(()),
        more => write!(f, " 等，另有 {more} 个"),
    }
}
