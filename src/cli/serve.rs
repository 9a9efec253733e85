//! `aliyun-rs serve`: the local credentials endpoint, in the foreground.

use std::future::Future;
use std::pin::pin;

use clap::Args;

use super::context::{Context, block_on};
use super::credentials::{WantedArgs, lines, show_notices};
use super::failure::Failure;
use super::messages::Warning;
use crate::credentials::obtain;
use crate::host::Interrupts;
use crate::serve::{Endpoint, Report};

/// Whose credentials to serve, and where. Prints the URL and serves until it is ended.
#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// The port on 127.0.0.1 [default: any]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
}

pub(super) fn run(context: &Context<'_>, args: ServeArgs) -> Result<(), Failure> {
    block_on(async {
        let mut interrupts = context.host.signals.hold().map_err(Failure::no_signals)?;
        let (mut endpoint, _) = open(context, args.wanted, args.port, &mut interrupts).await?;
        let printed = context.host.streams.out(&format!("{}\n", endpoint.url().expose()));
        if printed.is_ok() {
            telling(context, &mut endpoint, interrupts.next()).await;
        }
        endpoint.close().await;
        Ok(printed?)
    })
}

/// Obtains the credentials and opens an endpoint for them. Returns the region of the profile beside it.
pub(super) async fn open(
    context: &Context<'_>,
    wanted: WantedArgs,
    port: u16,
    interrupts: &mut Interrupts,
) -> Result<(Endpoint, Option<String>), Failure> {
    let wanted = wanted.resolve(context, &context.read()?.config)?;
    let (credentials, notices) = obtain(context.host, &wanted, interrupts).await?;
    show_notices(context, notices);
    let region_id = credentials.region_id.clone();
    Ok((Endpoint::open(context.host, wanted, credentials, port)?, region_id))
}

/// Waits for `end` and meanwhile tells of the renewals, each thing once until it changes.
pub(super) async fn telling<T>(context: &Context<'_>, endpoint: &mut Endpoint, end: impl Future<Output = T>) -> T {
    let mut end = pin!(end);
    let mut told = Vec::new();
    loop {
        let report = tokio::select! {
            value = &mut end => return value,
            report = endpoint.report() => report,
        };
        let news = told_by(report);
        for line in news.iter().filter(|line| !told.contains(*line)) {
            context.host.streams.err(line);
        }
        told = news;
    }
}

fn told_by(report: Report) -> Vec<String> {
    match report {
        Ok(notices) => lines(notices),
        Err(error) => vec![Warning::NotServed(&Failure::from(error).into_message()).line()],
    }
}
