//! `aliyun-rs whoami`: asks STS who the credentials of a profile belong to.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::context::Context;
use super::credentials::{WantedArgs, obtain};
use super::failure::Failure;
use super::messages::{Message, Warning};
use crate::credentials::{Credentials, Error, Wanted};
use crate::openapi::Key;
use crate::openapi::sts::{Identity, caller_identity};
use crate::time::Skew;

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
    let (wanted, mut credentials, skew) = args.wanted.obtain_with_skew(context)?;
    let identity = match verify(context, &credentials, skew) {
        Err(Failure::Identity { error, .. }) if error.refuses_key() => {
            let refused = Some(credentials.access_key_id.clone());
            let wanted = Wanted { refused, ..wanted };
            let (renewed, skew) = obtain(context, &wanted.find(&context.read()?.config)?, &wanted)?;
            if renewed.access_key_id == credentials.access_key_id {
                return Err(Failure::Identity { saved: None, error });
            }
            credentials = renewed;
            verify(context, &credentials, skew)?
        }
        answer => answer?,
    };
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

/// Asks who the credentials belong to. A clock that the service refuses is warned of.
fn verify(context: &Context<'_>, credentials: &Credentials, skew: Skew) -> Result<Identity, Failure> {
    let key = Key {
        id: &credentials.access_key_id,
        secret: &credentials.access_key_secret,
        token: credentials.security_token.as_ref(),
    };
    let client = context.client(key, skew);
    let answer = context.interruptible(async |interrupts| {
        tokio::select! {
            answer = caller_identity(&client) => answer.map_err(|error| Failure::Identity { saved: None, error }),
            () = interrupts.next() => Err(Error::Interrupted.into()),
        }
    });
    let found = client.skew.get();
    if found != skew && found.seconds() != 0 {
        context.ui.warn(&Warning::Skew(found));
    }
    answer
}
