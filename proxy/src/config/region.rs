//! The regions of Genesys Cloud and their domains, as the vendor's SDKs list them.

/// Key and domain of each region. Login is at `login.{domain}`, the API at `api.{domain}`.
const REGIONS: [(&str, &str); 18] = [
    ("us_east_1", "mypurecloud.com"),
    ("us_east_2", "use2.us-gov-pure.cloud"),
    ("us_west_2", "usw2.pure.cloud"),
    ("ca_central_1", "cac1.pure.cloud"),
    ("mx_central_1", "mxc1.pure.cloud"),
    ("sa_east_1", "sae1.pure.cloud"),
    ("eu_west_1", "mypurecloud.ie"),
    ("eu_west_2", "euw2.pure.cloud"),
    ("eu_central_1", "mypurecloud.de"),
    ("eu_central_2", "euc2.pure.cloud"),
    ("me_central_1", "mec1.pure.cloud"),
    ("ap_south_1", "aps1.pure.cloud"),
    ("ap_southeast_1", "apse1.pure.cloud"),
    ("ap_southeast_2", "mypurecloud.com.au"),
    ("ap_northeast_1", "mypurecloud.jp"),
    ("ap_northeast_2", "apne2.pure.cloud"),
    ("ap_northeast_3", "apne3.pure.cloud"),
    ("eusc_de_east_1", "edee1.eusc-pure.cloud"),
];

/// The domain of a region: named by its key, with underscores or hyphens, or by the domain itself.
pub(super) fn domain(region: &str) -> Option<&'static str> {
    let region = region.to_ascii_lowercase();
    let key = region.replace('-', "_");
    let found = REGIONS.iter().find(|(known, domain)| *known == key || *domain == region);
    found.map(|(_, domain)| *domain)
}

/// The keys, for a sentence.
pub(super) fn keys() -> String {
    REGIONS.map(|(key, _)| key).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_three_spellings() {
        for region in ["eu_central_1", "eu-central-1", "EU-Central-1", "mypurecloud.de"] {
            assert_eq!(domain(region), Some("mypurecloud.de"), "{region}");
        }
        assert_eq!(domain("us-east-2"), Some("use2.us-gov-pure.cloud"));
        assert_eq!(domain("use2.us-gov-pure.cloud"), Some("use2.us-gov-pure.cloud"));
        assert_eq!(domain("mars_1"), None);
        assert_eq!(domain(""), None);
    }
}
