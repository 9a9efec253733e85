//! The account's own applications, in Chinese.

use std::fmt::{Result, Write as _};
use std::path::Path;

use super::failure::action;
use super::scopes;
use crate::applications::gitlab::PLACEHOLDER;
use crate::applications::{Difference, LookUpError};
use crate::cli::messages::shown::{name, quoted};
use crate::openapi::ims::{AppSecret, Application, ApplicationChanges, NewApplication, NewSecret};
use crate::text::visible;

pub(super) fn will_create(new: &NewApplication, f: &mut String) -> Result {
    writeln!(f, "即将创建应用 `{}`（{}）：", name(&new.name), new.kind.as_str())?;
    writeln!(f, "显示名称      {}", name(&new.display_name))?;
    lines("回调地址      ", &new.redirect_uris, f)?;
    writeln!(f, "OAuth 范围    openid {}", new.scopes.join(" "))?;
    f.write_str("账号          仅限本账号\n")
}

pub(super) fn created(application: &Application, f: &mut String) -> Result {
    writeln!(f, "已创建应用 `{}`：{}", name(&application.name), name(&application.id))
}

pub(super) fn configuration(omnibus: &str, source: &str, f: &mut String) -> Result {
    write!(
        f,
        "\n如果使用 Omnibus 安装包，请写入 /etc/gitlab/gitlab.rb，然后执行 `gitlab-ctl reconfigure`：\n\n{omnibus}\n\
         如果从源码安装，请写入 config/gitlab.yml 的 `providers:` 下，然后重启 GitLab：\n\n{source}\n\
         请将 {PLACEHOLDER} 替换为应用密钥的值（SecretValue）。\n"
    )
}

pub(super) fn saved(id: &str, path: &Path, f: &mut String) -> Result {
    writeln!(f, "应用密钥 {} 的值已写入 {}，无法再次查看。", name(id), quoted(path))
}

pub(super) fn shown(secret: &NewSecret, f: &mut String) -> Result {
    let NewSecret { id, value } = secret;
    writeln!(f, "应用密钥 {} 的值如下，无法再次查看：\n{}", name(id), visible(value.expose()))
}

pub(super) fn application(application: &Application, secrets: &[AppSecret], f: &mut String) -> Result {
    details(application, f)?;
    for secret in secrets {
        let created = secret.created.map(|time| format!("，创建于 {time}")).unwrap_or_default();
        writeln!(f, "应用密钥      {}{created}", name(&secret.id))?;
    }
    if secrets.is_empty() { f.write_str("应用密钥      无\n") } else { Ok(()) }
}

pub(super) fn details(application: &Application, f: &mut String) -> Result {
    let protocol = if application.protocol.is_empty() { "未说明" } else { &application.protocol };
    writeln!(f, "应用          {}（{}）", name(&application.name), name(&application.id))?;
    writeln!(f, "显示名称      {}", name(&application.display_name))?;
    writeln!(f, "类型          {}，OAuth {}", name(application.kind.as_str()), name(protocol))?;
    lines("回调地址      ", &application.redirect_uris, f)?;
    writeln!(f, "OAuth 范围    {}", scopes(&application.scopes))?;
    match application.is_multi_tenant {
        Some(true) => f.write_str("账号          其他账号也可以安装\n")?,
        Some(false) => f.write_str("账号          仅限本账号\n")?,
        None => {}
    }
    application.created.map_or(Ok(()), |time| writeln!(f, "创建时间      {time}"))
}

fn lines(label: &str, items: &[String], f: &mut String) -> Result {
    if items.is_empty() {
        return writeln!(f, "{label}无");
    }
    items.iter().try_for_each(|item| writeln!(f, "{label}{}", name(item)))
}

pub(super) fn will_update(application: &Application, changes: &ApplicationChanges, f: &mut String) -> Result {
    writeln!(f, "即将修改应用 `{}`（{}）：", name(&application.name), name(&application.id))?;
    if let Some(display_name) = &changes.display_name {
        writeln!(f, "显示名称      {}（原为 {}）", name(display_name), name(&application.display_name))?;
    }
    if let Some(uris) = &changes.redirect_uris {
        difference("回调地址      ", &application.redirect_uris, uris, f)?;
    }
    if let Some(wanted) = &changes.scopes {
        let present: Vec<String> = application.scopes.iter().map(|scope| scope.name.clone()).collect();
        difference("OAuth 范围    ", &present, wanted, f)?;
    }
    match changes.is_multi_tenant {
        Some(_) => f.write_str("账号          仅限本账号（原为任意账号）\n"),
        None => Ok(()),
    }
}

fn difference(label: &str, present: &[String], wanted: &[String], f: &mut String) -> Result {
    let added = wanted.iter().filter(|item| !present.contains(item)).map(|item| ('+', item));
    let removed = present.iter().filter(|item| !wanted.contains(item)).map(|item| ('-', item));
    added.chain(removed).try_for_each(|(sign, item)| writeln!(f, "{label}{sign} {}", name(item)))
}

pub(super) fn will_drop(application: &Application, secret: &str, is_last: bool, f: &mut String) -> Result {
    let application = name(&application.name);
    writeln!(f, "即将删除 `{application}` 的应用密钥 {}；仍在使用它的请求将被拒绝。", name(secret))?;
    if is_last {
        f.write_str("这是唯一的应用密钥：没有密钥时，任何人都无法通过该应用登录。\n")
    } else {
        Ok(())
    }
}

pub(super) fn will_delete(application: &Application, f: &mut String) -> Result {
    details(application, f)?;
    f.write_str("即将永久删除该应用：任何人都无法再通过它登录。\n")
}

pub(super) fn look_up(error: &LookUpError, f: &mut String) -> Result {
    match error {
        LookUpError::Action(error) => action(error, f),
        LookUpError::None { name: what } => write!(f, "账号中没有应用 `{}`", name(what)),
        LookUpError::Several { name: what, .. } => write!(f, "有多个应用名为 `{}`", name(what)),
    }
}

pub(super) fn exists(id: &str, wanted: &NewApplication, differences: &[Difference], f: &mut String) -> Result {
    write!(f, "应用 `{}` 已存在（{}）", name(&wanted.name), name(id))?;
    if differences.is_empty() {
        return f.write_str("，且符合要求");
    }
    for (index, one) in differences.iter().enumerate() {
        f.write_str(if index == 0 { "：" } else { "；" })?;
        differs(one, f)?;
    }
    Ok(())
}

pub(super) fn differs(difference: &Difference, f: &mut String) -> Result {
    match difference {
        Difference::Type { is, wanted } => {
            write!(f, "类型为 {}，而不是 {}，且无法修改", name(is.as_str()), wanted.as_str())
        }
        Difference::Protocol { is } => {
            write!(f, "协议为 OAuth {}，且无法修改；需要 OAuth 2.0", name(is))
        }
        Difference::Callbacks(missing) => write!(f, "缺少回调地址 {}", joined(missing)),
        Difference::Scopes(missing) => write!(f, "缺少 OAuth 范围 {}", joined(missing)),
        Difference::MultiTenant => f.write_str("其他账号也可以安装"),
    }
}

fn joined(items: &[String]) -> String {
    items.iter().map(|item| name(item)).collect::<Vec<_>>().join("、")
}

pub(super) fn secret_ids(secrets: &[AppSecret]) -> String {
    match secrets {
        [] => "该应用没有密钥".to_owned(),
        secrets => format!("现有 {}", secrets.iter().map(|one| name(&one.id)).collect::<Vec<_>>().join("、")),
    }
}
