//! The faults that `sandbox --fault` injects.

use crate::sandbox::{Endpoint, FORMS, FaultKind};

/// The long help of `--fault`, with one line for each form of the grammar.
pub(super) fn help() -> String {
    let endpoints = Endpoint::ALL.map(Endpoint::as_str).join(", ");
    let width = FORMS.iter().map(|form| form.syntax.len()).max().unwrap_or_default();
    let forms = FORMS.iter().filter_map(|form| Some((form.syntax, effect(&form.example.parse().ok()?))));
    let lines: String = forms.map(|(syntax, effect)| format!("\n  {syntax:width$}  {effect}")).collect();
    format!(
        "Inject a fault, as ENDPOINT=FAULT or ENDPOINT=FAULTxTIMES; repeatable\n\n\
         ENDPOINT is one of {endpoints}.\n\
         MS is a number of milliseconds, FIELD a path such as a.b.\n\n\
         FAULT is one of:{lines}"
    )
}

const fn effect(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::Refuse(..) => "refuse with an OAuth error code",
        FaultKind::RefuseApi(..) => "refuse with an API `Code`",
        FaultKind::Respond(..) => "do nothing, send this status and body",
        FaultKind::Drop => "do nothing, close the connection",
        FaultKind::Redirect => "redirect to another path",
        FaultKind::Html => "send a web page, like a captive portal",
        FaultKind::Delay(_) => "wait, then carry out the request",
        FaultKind::DelayAfter(_) => "carry out the request, wait, then answer",
        FaultKind::DropAfter => "as `drop`, after the work",
        FaultKind::RespondAfter(..) => "as `status`, after the work",
        FaultKind::RefusedAfter(_) => "answer, then refuse connections",
        FaultKind::Garbage => "answer with bytes that are not HTTP",
        FaultKind::Cut(_) => "close the connection in the body, BYTES before its end",
        FaultKind::Slow(_) => "answer byte by byte, pausing after each",
        FaultKind::Huge => "answer with a body of 2 MiB",
        FaultKind::Body(_) => "answer with this body",
        FaultKind::Without(_) => "leave out this field",
        FaultKind::With(..) => "set this field to this JSON value",
        FaultKind::Append(_) => "append these members, even repeated",
        FaultKind::Date(_) => "shift the `Date` header",
    }
}
