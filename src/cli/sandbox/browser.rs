//! The browser of `sandbox --as USER`: it signs in without a person.

use std::io;
use std::sync::Arc;

use crate::cli::context::block_on;
use crate::cli::messages::Warning;
use crate::host::{Browser, Http, Opened, Streams, TransportError};
use crate::sandbox::{Decision, VisitError, visit};
use crate::text::chain;

/// Signs in as one user at the sandbox's own page.
pub(super) struct ScriptedBrowser {
    pub(super) http: Arc<dyn Http>,
    pub(super) streams: Streams,
    pub(super) user: String,
    pub(super) decision: Decision,
}

impl Browser for ScriptedBrowser {
    fn is_available(&self) -> bool {
        true
    }

    fn open(&self, url: &str) -> io::Result<Opened> {
        let (http, streams) = (Arc::clone(&self.http), self.streams.clone());
        let (url, user, decision) = (url.to_owned(), self.user.clone(), self.decision);
        std::thread::Builder::new().spawn(move || {
            block_on(async {
                let fetch = |request| {
                    let http = Arc::clone(&http);
                    async move { http.send(request).await }
                };
                // The command itself reports what the callback page says.
                if let Err(error) = visit(&url, &user, decision, fetch).await {
                    let why = why_not_signed_in(&error);
                    let warning = Warning::PlayedBrowser { user: &user, why: &why };
                    streams.err(&format!("warning: {warning}\n"));
                }
                Ok(())
            })
        })?;
        Ok(Opened::Played(self.user.clone()))
    }
}

/// Why the sandbox could not sign in for a user.
fn why_not_signed_in(error: &VisitError<TransportError>) -> String {
    match error {
        VisitError::NotLocal => "the sign-in leads away from this machine".to_owned(),
        VisitError::Page(status) => format!("the sign-in page answered with status {status}"),
        VisitError::Refused { status, heading } => {
            format!("the decision was answered with status {status} and the page `{heading}`")
        }
        VisitError::Request(source) => chain(source),
    }
}
