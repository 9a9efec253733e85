//! What a check of an application saw, in Chinese.

use std::fmt::{Result, Write as _};

use super::super::network::{reply, transport};
use super::super::span;
use super::failure::action;
use super::own::differs;
use crate::applications::Difference;
use crate::applications::check::{Judgement, Observation, Part, SignInError, Skipped};
use crate::applications::gitlab::GitLabUser;
use crate::cli::messages::shown::name;
use crate::oauth::confidential::SecretError;
use crate::oauth::id_token::IdTokenError;

pub(super) const fn judgement(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Ok => "正常          ",
        Judgement::Inconclusive => "无法确定      ",
        Judgement::Problem => "问题          ",
    }
}

pub(super) fn observation(seen: &Observation, f: &mut String) -> Result {
    match seen {
        Observation::NoCredentials => f.write_str("无法读取应用：没有可提供凭证的配置"),
        Observation::Unread(error) => {
            f.write_str("无法读取应用：")?;
            action(error, f)
        }
        Observation::ApplicationMissing => f.write_str("配置所属的账号中没有此 ID 的应用"),
        Observation::Application(found) => {
            let protocol = if found.protocol.is_empty() { "（未说明版本）" } else { &found.protocol };
            let kind = name(found.kind.as_str());
            write!(f, "应用为 `{}`，类型 {kind}，OAuth {}", name(&found.name), name(protocol))
        }
        Observation::Differs(difference) => differs(difference, f),
        Observation::NoSecretThere => f.write_str("该应用没有密钥"),
        Observation::NoRoles => f.write_str("该应用创建于 2024-09-10 之前：RAM 角色可能无法登录"),
        Observation::CallbackDiffers { wanted, nearest } => {
            write!(f, "回调地址 {} 未登记", name(wanted))?;
            match nearest {
                Some((uri, parts)) => write!(f, "；与 {} 的差别在于{}", name(uri), parts_of(parts)),
                None => f.write_str("；该应用没有回调地址"),
            }
        }
        Observation::CallbackAccepted(callback) => {
            write!(f, "登录页面接受此 ID 和回调地址 {}", name(callback))
        }
        Observation::CallbackRefused { status, code } => {
            write!(f, "登录页面拒绝此 ID 和回调地址（状态码 {status}")?;
            code.as_ref().map_or(Ok(()), |code| write!(f, "，`{}`", name(code)))?;
            f.write_str("）")
        }
        Observation::CallbackUnclear { status } => write!(f, "登录页面返回状态码 {status}，无法判断是否接受"),
        Observation::Unasked(error) => {
            f.write_str("无法访问登录页面：")?;
            reply(error, f)
        }
        Observation::OtherSite(site) => write!(f, "该应用属于另一个站点 {site}"),
        Observation::GitLabOffers => f.write_str("GitLab 的登录页面提供此登录方式"),
        Observation::GitLabDoesNotOffer => f.write_str("GitLab 的登录页面尚未提供此登录方式"),
        Observation::GitLabUnclear { status } => write!(f, "GitLab 返回状态码 {status}，而不是登录页面"),
        Observation::GitLabUnreached(error) => transport(error, f),
        Observation::SignInSkipped(why) => skipped(*why, f),
        Observation::SignInFailed(error) => sign_in(error, f),
        other => secret_or_token(other, f),
    }
}

/// What was seen of the secret, the tokens, and who signed in.
fn secret_or_token(seen: &Observation, f: &mut String) -> Result {
    match seen {
        Observation::SecretNotGiven => f.write_str("未提供应用密钥"),
        Observation::SecretHasBlanks => f.write_str("应用密钥前后有空白，GitLab 也会原样发送"),
        Observation::SecretIsId => f.write_str("这是应用密钥的 ID，而不是它的值"),
        Observation::SecretForeign => f.write_str("此应用密钥不是由沙箱签发的，因此没有发送，在沙箱中也不可能正确"),
        Observation::SecretAccepted => f.write_str("令牌端点接受此应用密钥，并拒绝错误的密钥"),
        Observation::SecretRefused => f.write_str("令牌端点拒绝此应用密钥"),
        Observation::SecretAlike { code } => write!(
            f,
            "令牌端点对此应用密钥和错误的密钥返回相同的结果（`{}`）：只有登录才能判断密钥是否正确",
            name(code)
        ),
        Observation::SecretUnchecked(error) => {
            f.write_str("无法检查应用密钥：")?;
            match error {
                SecretError::NoEntropy(_) => super::super::failure::no_entropy(f),
                SecretError::Reply(error) => reply(error, f),
            }
        }
        Observation::ScopesGranted(scopes) => write!(f, "已授予：{}", name(&scopes.join(" "))),
        Observation::ScopesMissing(scopes) => write!(f, "未授予：{}", name(&scopes.join(" "))),
        Observation::ScopesUnsaid => f.write_str("令牌端点未说明授予了哪些 OAuth 范围"),
        Observation::WhoKnown => f.write_str("userinfo 返回了登录者的身份"),
        Observation::WhoUnknown(error) => {
            f.write_str("userinfo 未返回登录者的身份：")?;
            reply(error, f)
        }
        Observation::IdTokenTrue => f.write_str("id_token 的签名、签发者、受众和有效期均正确"),
        Observation::IdTokenFalse(error) => id_token(error, f),
        Observation::IdTokenUnchecked(error) => {
            f.write_str("无法获取站点的公钥，因此未验证 id_token：")?;
            reply(error, f)
        }
        Observation::NoIdToken => f.write_str("令牌端点没有返回 id_token"),
        Observation::SubjectsDiffer => f.write_str("id_token 与 userinfo 中的 sub 不一致"),
        Observation::Revoked => f.write_str("已吊销此次检查获得的令牌"),
        Observation::NotRevoked(error) => {
            f.write_str("未能吊销此次检查获得的令牌，令牌会自行过期：")?;
            reply(error, f)
        }
        _ => Ok(()),
    }
}

fn parts_of(parts: &[Part]) -> String {
    let word = |part: &Part| match part {
        Part::Scheme => "协议",
        Part::Host => "主机",
        Part::Port => "端口",
        Part::Path => "路径",
        Part::Slash => "末尾的斜杠",
        Part::Query => "查询参数",
        Part::Spelling => "写法",
    };
    parts.iter().map(word).collect::<Vec<_>>().join("、")
}

fn skipped(why: Skipped, f: &mut String) -> Result {
    f.write_str(match why {
        Skipped::NotWanted => "未尝试登录",
        Skipped::NoLoopback => "未尝试登录：没有指向本机的回调地址",
        Skipped::NoSecret => "未尝试登录：没有可能正确的应用密钥",
        Skipped::NotAccepted => "未尝试登录：登录页面拒绝了请求",
    })
}

fn sign_in(error: &SignInError, f: &mut String) -> Result {
    f.write_str("登录失败：")?;
    match error {
        SignInError::Ports(error) => match error.tried() {
            [(port, error), ..] => write!(f, "无法监听 127.0.0.1 的端口 {port}：{error}"),
            [] => f.write_str("没有端口"),
        },
        SignInError::Listen(error) => write!(f, "无法监听回调：{error}"),
        SignInError::NoEntropy(_) => super::super::failure::no_entropy(f),
        SignInError::Refused(code) => write!(f, "在浏览器中被拒绝：`{}`", name(code.as_str())),
        SignInError::TimedOut(waited) => write!(f, "{} 内无人登录", span(*waited)),
        SignInError::Redeem(error) => reply(error, f),
    }
}

fn id_token(error: &IdTokenError, f: &mut String) -> Result {
    f.write_str("id_token 不可信：")?;
    match error {
        IdTokenError::Malformed => f.write_str("格式错误"),
        IdTokenError::Algorithm(other) => write!(f, "算法为 `{}`，而不是 RS256", name(other)),
        IdTokenError::UnknownKey => f.write_str("站点没有该 ID 的公钥"),
        IdTokenError::Signature => f.write_str("签名错误"),
        IdTokenError::Issuer(other) => write!(f, "签发者为 `{}`", name(other)),
        IdTokenError::Audience => f.write_str("它是签发给其他应用的"),
        IdTokenError::Expired => f.write_str("已过期"),
        IdTokenError::Future => f.write_str("签发时间在未来"),
    }
}

/// What helps; nothing where nothing is needed.
pub(super) fn remedy(seen: &Observation, f: &mut String) -> Result {
    f.write_str(match seen {
        Observation::NoCredentials => "请用 `--profile` 指定配置，或先登录",
        Observation::Unread(_) => "`aliyun-rs app check --policy NAME` 会输出读取应用所需的权限策略",
        Observation::ApplicationMissing => "请检查 ID、配置和 `--site`",
        Observation::Differs(Difference::Type { .. } | Difference::Protocol { .. }) => {
            "请另行创建 OAuth 2.0 的 WebApp（`aliyun-rs app create`）"
        }
        Observation::Differs(Difference::Scopes(_)) => "aliyun-rs app update NAME --scope SCOPE",
        Observation::Differs(Difference::MultiTenant) => "aliyun-rs app update NAME --single-tenant",
        Observation::CallbackDiffers { .. } | Observation::Differs(Difference::Callbacks(_)) => {
            "请逐字登记：aliyun-rs app update NAME --callback-url URL"
        }
        Observation::CallbackRefused { .. } => "请检查 ID、是否登记了完全相同的回调地址，以及应用类型是否为 WebApp",
        Observation::OtherSite(_) => "请用 `--site` 指定该站点，并在 GitLab 的 client_options 中填写其地址",
        Observation::NoSecretThere => "aliyun-rs app rotate-secret NAME --secret-file FILE",
        Observation::NoRoles => "如需使用角色，请重新创建应用",
        Observation::SecretNotGiven => "请加上 `--client-secret-file FILE`",
        Observation::SecretHasBlanks => "请去掉空白",
        Observation::SecretIsId | Observation::SecretForeign | Observation::SecretRefused => {
            "请使用 SecretValue，它只在创建密钥时显示一次；如需新密钥：aliyun-rs app rotate-secret NAME"
        }
        Observation::SignInSkipped(Skipped::NoLoopback) => {
            "如需完整登录：aliyun-rs app update NAME --callback-url http://127.0.0.1:8088/callback"
        }
        Observation::SignInFailed(SignInError::Ports(_)) => "请停止占用该端口的程序",
        Observation::ScopesMissing(_) => "请为应用添加 OAuth 范围，然后每个用户需要重新同意（prompt=admin_consent）",
        Observation::GitLabDoesNotOffer => "请在 GitLab 的配置中添加此登录方式，并重新加载配置",
        Observation::GitLabUnreached(_) => "请检查地址和网络",
        _ => "",
    })
}

pub(super) fn predicted(identity: &str, user: &GitLabUser, f: &mut String) -> Result {
    let identity = match identity {
        "account" => "账号本身",
        "role" => "RAM 角色",
        _ => "RAM 用户",
    };
    let shown = |value: &Option<String>| value.as_ref().map_or_else(|| "无".to_owned(), |value| name(value));
    writeln!(f, "\n{identity}在 GitLab 中将是：")?;
    let uid = user.uid.as_ref().map_or_else(|| "无：任何人都无法登录".to_owned(), |uid| name(uid));
    writeln!(f, "extern_uid    {uid}（omniauth-alicloud 2.x）；{}（3.x）", name(&user.sub))?;
    writeln!(f, "姓名          {}", shown(&user.name))?;
    writeln!(f, "用户名        {}", shown(&user.username))?;
    match (&user.email, &user.made_up_email) {
        (Some(email), _) => writeln!(f, "邮箱          {}，这是登录名称，可能不是真实邮箱", name(email)),
        (None, Some(made_up)) => writeln!(f, "邮箱          无；GitLab 会生成 {}", name(made_up)),
        (None, None) => f.write_str("邮箱          无，也没有可用于生成邮箱的名称\n"),
    }
}
