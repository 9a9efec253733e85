//! The shared file: lossless.

mod editing;
mod lossless;

/// A file as the official client writes it, with a little of everything that has to survive.
const REALISTIC: &str = concat!(
    "{\n\t\"current\": \"dev\",\n\t\"profiles\": [\n\t\t{\n\t\t\t\"name\": \"dev\",\n\t\t\t\"mode\": \"OAuth\",\n",
    "\t\t\t\"access_key_id\": \"STS.example\",\n\t\t\t\"region_id\": \"cn-hangzhou\",\n",
    "\t\t\t\"sts_expiration\": 1700000000,\n\t\t\t\"oauth_refresh_token\": \"canary\\u003c\\/\",\n",
    "\t\t\t\"x_nested\": {\"a\": [1.50, 12345678901234567890123, \"\\ud83d\\ude00\"]}\n\t\t},\n",
    "\t\t{\n\t\t\t\"name\": \"生产\",\n\t\t\t\"mode\": \"AK\"\n\t\t}\n\t],\n\t\"meta_path\": \"\"\n}\n",
);
