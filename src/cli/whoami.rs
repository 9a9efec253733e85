//! `aliyun-rs whoami`: asks STS who the credentials of a profile belong to.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::context::Context;
use super::credentials::WantedArgs;
use super::failure::Failure;
use super::messages::Message;
use crate::openapi::Key;
use crate::openapi::sts::caller_identity;

/// Ask Alibaba Cloud which identity the credentials belong to
#[derive(Args, Debug)]
pub(super) struct WhoamiArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// Output format
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
    let (_, credentials, skew) = args.wanted.obtain_with_skew(context)?;
    let key = Key {
        id: &credentials.access_key_id,
        secret: &credentials.access_key_secret,
        token: credentials.security_token.as_ref(),
    };
    let client = context.client(key, skew);
    let identity = context.interruptible(async |interrupts| {
        tokio::select! {
            answer = caller_identity(&client) => answer.map_err(|error| Failure::Identity { saved: None, error }),
            () = interrupts.next() => Err(crate::credentials::Error::Interrupted.into()),
        }
    })?;
    match args.format {
        Format::Text => {
            let until = credentials.expiration;
            context.ui.print_message(&Message::Identity { identity: &identity, until })
        }
        Format::Json => {
            let answer = Answer {
                account_id: &identity.account_id,
                arn: &identity.arn,
                identity_type: &identity.identity_type,
                principal_id: &identity.principal_id,
                expiration: credentials.expiration.map(|end| end.to_string()),
            };
            context.ui.print_json(&answer, true)
        }
    }
}
