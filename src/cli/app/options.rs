//! The values of options about applications, read and checked.

use crate::applications::check::Subject;
use crate::applications::gitlab::GitLab;
use crate::cli::messages::Problem;

const LONGEST_NAME: usize = 64;
/// In characters, of whatever script.
const LONGEST_DISPLAY_NAME: usize = 24;
const LONGEST_URL: usize = 2048;

/// Reads the name of an application.
pub(super) fn read_app_name(text: &str) -> Result<String, Problem> {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    checked(text, fits && (1..=LONGEST_NAME).contains(&text.len()), Problem::AppName)
}

/// Reads the name that users see.
pub(super) fn read_display_name(text: &str) -> Result<String, Problem> {
    let fits = !text.trim().is_empty() && !text.chars().any(char::is_control);
    checked(text, fits && text.chars().count() <= LONGEST_DISPLAY_NAME, Problem::DisplayName)
}

/// Reads a callback, which stays as it is to the letter. The service separates several with semicolons.
pub(super) fn read_callback(text: &str) -> Result<String, Problem> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains([';', '#']);
    let fits = is_plain && text.len() <= LONGEST_URL && text.contains("://") && url::Url::parse(text).is_ok();
    checked(text, fits, Problem::CallbackUrl)
}

/// Reads a scope.
pub(super) fn read_scope(text: &str) -> Result<String, Problem> {
    // RFC 6749 section 3.3, without what separates several here.
    let fits = text.bytes().all(|byte| byte.is_ascii_graphic() && !b";\"\\".contains(&byte));
    checked(text, fits && !text.is_empty(), Problem::Scope)
}

/// Reads the address of a GitLab.
pub(super) fn read_gitlab(text: &str) -> Result<GitLab, Problem> {
    GitLab::parse(text).map_err(|_| Problem::GitLabUrl)
}

fn checked(text: &str, fits: bool, problem: Problem) -> Result<String, Problem> {
    if fits { Ok(text.to_owned()) } else { Err(problem) }
}

/// Reads a client id.
pub(super) fn read_client_id(text: &str) -> Result<String, Problem> {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    checked(text, fits && (1..=LONGEST_NAME).contains(&text.len()), Problem::ClientId)
}

/// The stable name of what a check is about, for programs.
pub(super) const fn subject_name(subject: Subject) -> &'static str {
    match subject {
        Subject::Application => "application",
        Subject::Callback => "callback",
        Subject::Secret => "secret",
        Subject::SignIn => "sign-in",
        Subject::Scopes => "scopes",
        Subject::UserInfo => "userinfo",
        Subject::IdToken => "id_token",
        Subject::Tokens => "tokens",
        Subject::GitLab => "gitlab",
    }
}
