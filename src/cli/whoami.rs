//! `aliyun-rs whoami`: asks STS who the credentials of a profile belong to.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::context::{Context, block_on};
use super::credentials::WantedArgs;
use super::failure::Failure;
use super::messages::Message;
use crate::openapi::Key;
use crate::openapi::sts::caller_identity;

/// Whom to ask about.
#[derive(Args, Debug)]
pub(super) struct WhoamiArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The identity, as `--format json` shows it. Times are RFC 3339.
#[derive(Serialize)]
struct Answer<'a> {
    account_id: &'a str,
    arn: &'a str,
    identity_type: &'a str,
    principal_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

pub(super) fn run(context: &Context<'_>, args: WhoamiArgs) -> Result<(), Failure> {
    let host = context.host;
    let credentials = args.wanted.obtain(context)?;
    let key = Key {
        id: &credentials.access_key_id,
        secret: &credentials.access_key_secret,
        token: credentials.security_token.as_ref(),
    };
    let now = host.clock.now();
    let identity =
        block_on(async { Ok(caller_identity(&*host.http, &*host.entropy, &context.cloud, &key, now).await?) })?;
    let text = match args.format {
        Format::Text => Message::Identity { identity: &identity, until: credentials.expiration }.to_string(),
        Format::Json => {
            let answer = Answer {
                account_id: &identity.account_id,
                arn: &identity.arn,
                identity_type: &identity.identity_type,
                principal_id: &identity.principal_id,
                expiration: credentials.expiration.map(|end| end.to_string()),
            };
            serde_json::to_string_pretty(&answer).expect("texts are JSON") + "\n"
        }
    };
    Ok(host.streams.out(&text)?)
}
