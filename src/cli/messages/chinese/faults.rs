//! The faults that `sandbox --fault` injects.

use crate::sandbox::{Endpoint, FORMS, FaultKind};

/// The long help of `--fault`, with one line for each form of the grammar.
pub(super) fn help() -> String {
    let endpoints = Endpoint::ALL.map(Endpoint::as_str).join("、");
    let width = FORMS.iter().map(|form| form.syntax.len()).max().unwrap_or_default();
    let forms = FORMS.iter().filter_map(|form| Some((form.syntax, effect(&form.example.parse().ok()?))));
    let lines: String = forms.map(|(syntax, effect)| format!("\n  {syntax:width$}  {effect}")).collect();
    format!(
        "注入故障，格式为 ENDPOINT=FAULT 或 ENDPOINT=FAULTxTIMES；可重复使用\n\n\
         ENDPOINT 可以是 {endpoints}。\n\
         MS 为毫秒数，FIELD 为字段路径，例如 a.b。\n\n\
         FAULT 可以是：{lines}"
    )
}

const fn effect(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::Refuse(..) => "以 OAuth 错误码拒绝",
        FaultKind::RefuseApi(..) => "以 API 的 `Code` 拒绝",
        FaultKind::Respond(..) => "不做处理，直接返回此状态码和正文",
        FaultKind::Drop => "不做处理，直接关闭连接",
        FaultKind::Redirect => "重定向到其他路径",
        FaultKind::Html => "返回网页，与强制门户相同",
        FaultKind::Delay(_) => "先等待，再处理请求",
        FaultKind::DelayAfter(_) => "处理请求后等待，再返回",
        FaultKind::DropAfter => "与 `drop` 相同，但先处理请求",
        FaultKind::RespondAfter(..) => "与 `status` 相同，但先处理请求",
        FaultKind::RefusedAfter(_) => "返回后拒绝新的连接",
        FaultKind::Garbage => "返回不符合 HTTP 的字节",
        FaultKind::Cut(_) => "在正文结束前 BYTES 字节处关闭连接",
        FaultKind::Slow(_) => "逐字节返回，每个字节之后暂停",
        FaultKind::Huge => "返回 2 MiB 的正文",
        FaultKind::Body(_) => "返回此正文",
        FaultKind::Without(_) => "去掉此字段",
        FaultKind::With(..) => "将此字段设为此 JSON 值",
        FaultKind::Append(_) => "追加这些成员，允许重复",
        FaultKind::Date(_) => "偏移 `Date` 头",
    }
}
