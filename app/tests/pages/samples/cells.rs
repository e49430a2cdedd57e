//! Keycloak cells: with room, nearly full, full, closed, forgotten.

use steward_core::provisioning::CellGauge;
use steward_domain::region::Region;

pub fn cells() -> Vec<CellGauge> {
    let gauge = |name: &str, placed, capacity: u32, percent| CellGauge {
        name: name.into(),
        configured: true,
        first: name == "main",
        regions: vec![Region::Eu],
        regions_in_words: "European Union".into(),
        open: true,
        placed,
        waiting: 0,
        capacity,
        percent,
        link: None,
    };
    vec![
        CellGauge { link: Some("https://keycloak.inosec.com".into()), waiting: 2, ..gauge("main", 177, 300, 59) },
        gauge("eu", 258, 300, 86),
        gauge("eu-north", 300, 300, 100),
        CellGauge { open: false, ..gauge("old", 41, 300, 13) },
        CellGauge { configured: false, open: false, ..gauge("gone", 3, 0, 100) },
    ]
}
