//! The browser of `sandbox --as USER`: it signs in without a person.

use std::io;
use std::sync::Arc;

use crate::cli::context::block_on;
use crate::cli::messages::Warning;
use crate::cli::ui::Ui;
use crate::host::{BoxFuture, Browser, Http, NoBrowser, Opened};
use crate::sandbox::{Decision, visit};

/// Signs in as one user at the sandbox's own page.
pub(super) struct ScriptedBrowser {
    pub(super) http: Arc<dyn Http>,
    pub(super) ui: Ui,
    pub(super) user: String,
    pub(super) decision: Decision,
}

impl Browser for ScriptedBrowser {
    fn unavailable(&self) -> Option<NoBrowser> {
        None
    }

    fn open(&self, url: &str) -> BoxFuture<'_, io::Result<Opened>> {
        let started = self.start(url);
        Box::pin(async { started })
    }
}

impl ScriptedBrowser {
    fn start(&self, url: &str) -> io::Result<Opened> {
        let (http, ui) = (Arc::clone(&self.http), self.ui.clone());
        let (url, user, decision) = (url.to_owned(), self.user.clone(), self.decision);
        std::thread::Builder::new().spawn(move || {
            block_on(async {
                let fetch = |request| {
                    let http = Arc::clone(&http);
                    async move { http.send(request).await }
                };
                // The command itself reports what the callback page says.
                if let Err(error) = visit(&url, &user, decision, fetch).await {
                    ui.warn(&Warning::ScriptedBrowser { user: &user, why: &error });
                }
                Ok(())
            })
        })?;
        Ok(Opened::Played(self.user.clone()))
    }
}
