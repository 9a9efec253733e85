//! Signed calls of Alibaba Cloud's APIs, without any SDK: signatures of both versions, computed here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::hmac;

use super::client::{Answer, START, World};

pub(super) const STS: &str = "2015-04-01";
pub(super) const IMS: &str = "2019-08-15";
pub(super) const RAM: &str = "2015-05-01";

impl World {
    pub(super) fn caller_identity(&self, sts: &Answer) -> Answer {
        self.call(&Call::of(sts))
    }

    /// Signs with version 3, in headers.
    pub(super) fn call(&self, call: &Call) -> Answer {
        let (headers, path) = call.signed();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send("POST", &path, &headers, "")
    }

    /// Signs with version 1, in the query.
    pub(super) fn call_v1(&self, call: &Call) -> Answer {
        self.get(&call.signed_v1().1, &[])
    }

    /// Calls as the owner of a long-term AccessKey.
    pub(super) fn api(&self, key: &(String, String), version: &str, action: &str, query: &[(&str, &str)]) -> Answer {
        self.call(&Call { version: version.to_owned(), ..Call::new(key, action, query) })
    }

    pub(super) fn ims(&self, key: &(String, String), action: &str, query: &[(&str, &str)]) -> Answer {
        self.api(key, IMS, action, query)
    }
}

impl Answer {
    /// The value at a path with dots.
    #[track_caller]
    pub(super) fn at(&self, path: &str) -> &serde_json::Value {
        let found = self.json.pointer(&format!("/{}", path.replace('.', "/")));
        found.unwrap_or_else(|| panic!("no {path} in {}", self.body))
    }

    #[track_caller]
    pub(super) fn fails(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.text("Code")), (status, code), "{}", self.body);
        assert_eq!(self.header("x-acs-request-id"), self.json["RequestId"].as_str());
    }

    #[track_caller]
    pub(super) fn succeeds(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.header("x-acs-request-id"), self.json["RequestId"].as_str());
        self
    }
}

/// A call before it is signed.
pub(super) struct Call {
    pub(super) key: String,
    pub(super) secret: String,
    pub(super) token: Option<String>,
    pub(super) action: String,
    pub(super) version: String,
    pub(super) date: String,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) extra: Option<(&'static str, &'static str)>,
    pub(super) nonce: String,
}

impl Call {
    /// With a long-term AccessKey.
    pub(super) fn new(key: &(String, String), action: &str, query: &[(&str, &str)]) -> Self {
        static NONCE: AtomicU64 = AtomicU64::new(0);
        Self {
            key: key.0.clone(),
            secret: key.1.clone(),
            token: None,
            action: action.to_owned(),
            version: IMS.to_owned(),
            date: START.to_owned(),
            parameters: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            extra: None,
            nonce: NONCE.fetch_add(1, Ordering::SeqCst).to_string(),
        }
    }

    /// `GetCallerIdentity` with the credentials of an exchange.
    pub(super) fn of(sts: &Answer) -> Self {
        let text = |name| sts.text(name).to_owned();
        let key = (text("AccessKeyId"), text("AccessKeySecret"));
        let token = Some(text("SecurityToken"));
        Self { token, version: STS.to_owned(), ..Self::new(&key, "GetCallerIdentity", &[]) }
    }

    /// The headers and the path of a POST, signed with version 3.
    pub(super) fn signed(&self) -> (Vec<(String, String)>, String) {
        let query = joined(&self.parameters);
        let empty = hex(digest(&SHA256, b"").as_ref());
        let mut headers = vec![
            ("host", "ims.aliyuncs.com".to_owned()),
            ("x-acs-action", self.action.clone()),
            ("x-acs-content-sha256", empty.clone()),
            ("x-acs-date", self.date.clone()),
            ("x-acs-signature-nonce", self.nonce.clone()),
            ("x-acs-version", self.version.clone()),
        ];
        headers.extend(self.token.iter().map(|token| ("x-acs-security-token", token.clone())));
        headers.extend(self.extra.map(|(name, value)| (name, value.to_owned())));
        headers.sort();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n/\n{query}\n{lines}\n{names}\n{empty}");
        let text = format!("ACS3-HMAC-SHA256\n{}", hex(digest(&SHA256, canonical.as_bytes()).as_ref()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let signature = hex(hmac::sign(&key, text.as_bytes()).as_ref());
        let value = format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", self.key);
        headers.push(("Authorization", value));
        (headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), format!("/?{query}"))
    }

    /// The headers and the path of a GET, signed with version 1.
    pub(super) fn signed_v1(&self) -> (Vec<(String, String)>, String) {
        let mut all = self.parameters.clone();
        let fixed = [
            ("AccessKeyId", self.key.as_str()),
            ("Action", &self.action),
            ("Format", "JSON"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", &self.nonce),
            ("SignatureVersion", "1.0"),
            ("Timestamp", &self.date),
            ("Version", &self.version),
        ];
        let token = self.token.iter().map(|token| ("SecurityToken", token.as_str()));
        for (name, value) in fixed.into_iter().chain(token) {
            all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        let text = format!("GET&%2F&{}", encode(&joined(&all)));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{}&", self.secret).as_bytes());
        all.insert("Signature".to_owned(), STANDARD.encode(hmac::sign(&key, text.as_bytes())));
        (Vec::new(), format!("/?{}", joined(&all)))
    }
}

fn joined(parameters: &BTreeMap<String, String>) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encode(text: &str) -> String {
    let byte = |byte: u8| {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
