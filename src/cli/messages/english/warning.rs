//! What was noticed on the way, in English.

use std::fmt::{Result, Write as _};
use std::time::Duration;

use super::failure::{failure, ports};
use super::file::{malformed, store};
use super::network::transport;
use crate::cli::messages::Warning;
use crate::cli::messages::shown::{name, quoted};
use crate::cli::render::span;
use crate::config::{FieldDefect, JournalDefect, Note, Oddity, ProfileName};
use crate::host::TransportError;
use crate::oauth::loopback::CallbackRefusal;
use crate::sandbox::VisitError;
use crate::time::Skew;

pub(in crate::cli::messages) fn warning(warning: &Warning<'_>, f: &mut String) -> Result {
    match warning {
        Warning::PlainHttp => {
            f.write_str("this GitLab is reached over plain HTTP: anyone on the way can read authorization codes")
        }
        Warning::Browser(error) => write!(f, "no browser could be started ({error}); open the address yourself"),
        Warning::CallbackRefused(CallbackRefusal::HeadTooLarge) => f.write_str(
            "the browser sent more cookies than are accepted: delete its cookies for 127.0.0.1, then reload the page",
        ),
        Warning::CallbackRefused(CallbackRefusal::WrongHost) => f.write_str(
            "a request for another host was refused: a tunnel must lead to 127.0.0.1 with the same port at both ends; open \
             the address as it is shown",
        ),
        Warning::CallbackRefused(CallbackRefusal::OtherUser(uid)) => write!(
            f,
            "refused a callback from another user of this machine (uid {uid}); open the address in your own browser"
        ),
        Warning::FieldDefect { profile, fault: FieldDefect::Unusable(field) } => {
            write!(f, "`{}` of the profile `{}` has a value that cannot be used; ignored", field.key(), name(profile))
        }
        Warning::FieldDefect { profile, fault: FieldDefect::Repeated(field) } => write!(
            f,
            "`{}` is there more than once in the profile `{}`; the last value is used",
            field.key(),
            name(profile)
        ),
        Warning::Lost { names: lost } => {
            write!(
                f,
                "the journal still has the logins of {}, whose profiles are not in the file; to restore them: aliyun-rs \
                 configure restore; to forget one: aliyun-rs delete NAME",
                names(lost)
            )
        }
        Warning::Missed(error) => {
            f.write_str("the new credentials could not be saved in full: ")?;
            store(error, f)
        }
        Warning::Note(found) => note(found, f),
        Warning::NoPort(unavailable) => {
            ports(unavailable, f)?;
            f.write_str("; paste the address on which the browser ends instead")
        }
        Warning::NotRenewed(why) => {
            f.write_str("could not renew; the current credentials are still valid: ")?;
            failure(why, f)
        }
        Warning::NotRefreshed(why) => {
            f.write_str("could not refresh the access token; the current one was used: ")?;
            failure(why, f)
        }
        Warning::NotServed(why) => {
            f.write_str("no new credentials to serve for now: ")?;
            failure(why, f)
        }
        Warning::Orphaned { profile, source } => {
            write!(f, "the profile `{}` gets its credentials from `{}`, which was deleted", name(profile), name(source))
        }
        Warning::ScriptedBrowser { user, why } => {
            write!(f, "the sandbox could not sign in as `{}`: ", name(user))?;
            not_signed_in(why, f)?;
            f.write_str("; the sign-in keeps waiting until `--timeout` or Ctrl-C")
        }
        Warning::Shadowed { variable, profile } => {
            write!(
                f,
                "{variable} selects the profile `{}`, which overrides the current one in this shell",
                name(profile)
            )
        }
        Warning::Skew(skew) => clock(*skew, f),
        Warning::UnknownRegion { region, meant: Some(meant) } => {
            write!(f, "the region `{}` is not a known one; did you mean `{meant}`?", name(region))
        }
        Warning::UnknownRegion { region, meant: None } => {
            write!(f, "the region `{}` is not a known one; it is used as it is", name(region))
        }
    }
}

/// Names of profiles, as a list in a sentence.
fn names(profiles: &[ProfileName]) -> String {
    profiles.iter().map(|profile| format!("`{}`", name(profile.as_str()))).collect::<Vec<_>>().join(", ")
}

fn not_signed_in(why: &VisitError<TransportError>, f: &mut String) -> Result {
    match why {
        VisitError::NotLocal => f.write_str("the sign-in page is not on this machine"),
        VisitError::Page(status) => write!(f, "the sign-in page answered with status {status}"),
        VisitError::Refused { status, heading } => {
            write!(f, "the sign-in page answered with status {status}: `{}`", name(heading))
        }
        VisitError::Request(error) => transport(error, f),
    }
}

pub(super) fn clock(skew: Skew, f: &mut String) -> Result {
    let seconds = skew.seconds();
    let direction = if seconds > 0 { "behind" } else { "ahead of" };
    let off = span(Duration::from_secs(seconds.unsigned_abs()));
    write!(f, "this machine's clock is {off} {direction} Alibaba Cloud's; expiry times are corrected for that")
}

pub(super) fn note(note: &Note, f: &mut String) -> Result {
    match note {
        Note::Exposed => f.write_str("other users can read the file; it becomes private on the next write"),
        Note::Tightened => f.write_str("other users could read the file; now only its owner can"),
        Note::More(count) => write!(f, "{count} more entries of the file are ignored or ambiguous"),
        Note::ForeignOwner => f.write_str("the file belongs to another user, who can change it at any time"),
        Note::OpenToAll(path) => {
            write!(f, "any user can rename the files in `{}`, a folder above this one", path.display())
        }
        Note::LockIgnored => f.write_str(
            "a lock on the file was held for too long and ignored: other users can read the file, and so lock it",
        ),
        Note::NoLocks => {
            f.write_str("the file system does not support locks; a lease file next to the file is used instead")
        }
        Note::NotPrivate => {
            f.write_str("other users may be able to read the file: the file system does not keep permissions")
        }
        Note::HardLinked(links) => write!(f, "the file has {links} hard links; writing breaks the link"),
        Note::JournalSetAside(defect, aside) => {
            f.write_str("the journal of rotated tokens cannot be used: ")?;
            f.write_str(match defect {
                JournalDefect::NotAFile => "it is not a regular file",
                JournalDefect::ForeignOwner => "it belongs to another user",
                JournalDefect::TooLarge => "it is too large",
                JournalDefect::Damaged => "it is damaged",
                JournalDefect::UnknownVersion => "a later version of this program wrote it",
            })?;
            write!(
                f,
                "; it was renamed to {}. Tokens in the file may be old copies that were already used",
                quoted(aside)
            )
        }
        Note::Forgotten(profiles) => {
            write!(f, "the login of {} was forgotten: another program deleted the profile", names(profiles))
        }
        Note::Odd(Oddity::ByteOrderMark) => {
            f.write_str("the file begins with a byte order mark, which the official tools cannot read")
        }
        Note::Odd(Oddity::DuplicateName(profile)) => {
            write!(f, "several profiles are named `{}`; the first one is used", name(profile))
        }
        Note::Odd(Oddity::NotAProfile(place)) => {
            f.write_str("an item of `profiles` is ignored: ")?;
            malformed(place, f)
        }
        Note::Odd(Oddity::CurrentNotAString) => f.write_str("`current` is not a string; ignored"),
    }
}
