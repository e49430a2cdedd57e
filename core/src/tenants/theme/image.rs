//! What a file that was uploaded as a logo is, by its content; neither its name nor the type that the browser said counts.
//!
//! Images of pixels are read as far as their structure goes and never decoded here: each must end where it says it ends, stand still,
//! and be of a size that a browser draws without effort.

use super::svg;
use imagesize::{Compression, ImageType};
use steward_domain::theme::LogoKind;

/// Most bytes of a logo, as uploaded and as served.
pub const BYTES_MAX: usize = 256 * 1024;
/// Most pixels of a side.
const SIDE_MAX: usize = 2048;

/// A logo that may be served.
#[derive(Debug)]
pub(super) struct Checked {
    /// What it is.
    pub kind: LogoKind,
    /// What is served.
    pub bytes: Vec<u8>,
    /// How much was taken out of it.
    pub removed: u32,
}

/// Looks at a file.
///
/// # Errors
/// What to do instead, for the field.
pub(super) fn check(bytes: &[u8]) -> Result<Checked, String> {
    if bytes.len() > BYTES_MAX {
        return Err(too_large(bytes.len()));
    }
    let kind = kind_of(bytes).ok_or("Choose a PNG, SVG, WebP or AVIF file: this is none of them")?;
    if kind == LogoKind::Svg {
        let svg::Safe { bytes, removed } = svg::make_safe(bytes)?;
        // Escaped again, a text can get longer.
        return if bytes.len() > BYTES_MAX { Err(too_large(bytes.len())) } else { Ok(Checked { kind, bytes, removed }) };
    }
    let (whole, moves) = match kind {
        LogoKind::Png => png(bytes),
        LogoKind::Webp => webp(bytes),
        LogoKind::Avif | LogoKind::Svg => avif(bytes),
    }
    .unwrap_or_default();
    let size = imagesize::blob_size(bytes).ok().filter(|size| whole && size.width > 0 && size.height > 0);
    let size = size.ok_or_else(|| format!("Choose another file: this {} is damaged", kind.label()))?;
    if moves {
        return Err(format!("Choose a {} that stands still: this one is animated", kind.label()));
    }
    if size.width > SIDE_MAX || size.height > SIDE_MAX {
        return Err(format!(
            "Choose a smaller image: this one has {} × {} pixels, at most {SIDE_MAX} a side are taken",
            size.width, size.height
        ));
    }
    Ok(Checked { kind, bytes: bytes.to_vec(), removed: 0 })
}

fn too_large(bytes: usize) -> String {
    format!("Choose a smaller file: this one has {} KB, at most 256 KB are taken", bytes.div_ceil(1024))
}

fn kind_of(bytes: &[u8]) -> Option<LogoKind> {
    match imagesize::image_type(bytes) {
        Ok(ImageType::Png) => return Some(LogoKind::Png),
        Ok(ImageType::Webp) => return Some(LogoKind::Webp),
        Ok(ImageType::Heif(Compression::Av1)) => return Some(LogoKind::Avif),
        _ => {}
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // A text that was saved in UTF-16 begins with its mark; it is told how to save it.
    let wide = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    (wide || text.trim_ascii_start().starts_with(b"<")).then_some(LogoKind::Svg)
}

fn number(bytes: &[u8], from: usize) -> Option<usize> {
    Some(u32::from_be_bytes(bytes.get(from..from + 4)?.try_into().ok()?) as usize)
}

/// Whether a PNG is whole, with nothing behind its end, and whether it moves. None if its chunks cannot be followed.
fn png(bytes: &[u8]) -> Option<(bool, bool)> {
    let (mut at, mut moves) = (8, false);
    loop {
        let length = number(bytes, at)?;
        let name = bytes.get(at + 4..at + 8)?;
        let next = at.checked_add(length)?.checked_add(12)?;
        moves |= name == b"acTL";
        if next > bytes.len() || (at == 8) != (name == b"IHDR") {
            return None;
        }
        if name == b"IEND" {
            return Some((next == bytes.len(), moves));
        }
        at = next;
    }
}

/// As [`png`], for WebP.
fn webp(bytes: &[u8]) -> Option<(bool, bool)> {
    let says = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?) as usize;
    let extended = bytes.get(12..16)? == b"VP8X";
    let moves = extended && bytes.get(20)? & 0b10 != 0;
    Some((says + 8 == bytes.len(), moves))
}

/// As [`png`], for AVIF: its boxes fill the file.
fn avif(bytes: &[u8]) -> Option<(bool, bool)> {
    let moves = bytes.get(8..12)? == b"avis";
    let mut at = 0;
    while at < bytes.len() {
        let length = match number(bytes, at)? {
            // The last box may say that it goes on to the end.
            0 => bytes.len() - at,
            length if length >= 8 => length,
            _ => return None,
        };
        at = at.checked_add(length)?;
    }
    Some((at == bytes.len(), moves))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    fn sample(kind: LogoKind) -> Vec<u8> {
        let text = match kind {
            LogoKind::Png => "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            LogoKind::Webp => "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
            LogoKind::Avif => {
                "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYAAAAADnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAAB0AAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IAAAAAamlwcnAAAABLaXBjbwAAABRpc3BlAAAAAAAAAAIAAAACAAAAEHBpeGkAAAAAAwgICAAAAAxhdjFDgQ0MAAAAABNjb2xybmNseAACAAIAAYAAAAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAACVtZGF0EgAKCBgANogQEAwgMg8f8D///8WfhwB8+ErK42A="
            }
            LogoKind::Svg => return b"\xEF\xBB\xBF <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>".to_vec(),
        };
        STANDARD.decode(text).unwrap()
    }

    #[test]
    fn each_kind_is_known_by_its_content() {
        for kind in LogoKind::ALL {
            let checked = check(&sample(*kind)).unwrap_or_else(|said| panic!("{kind:?}: {said}"));
            assert_eq!(checked.kind, *kind);
            assert_eq!(*kind == LogoKind::Svg, checked.bytes != sample(*kind), "only an SVG is written anew");
        }
        for other in
            [&b"GIF89a\x01\0\x01\0"[..], b"\xFF\xD8\xFF\xE0", b"%PDF-1.7", b"MZ", b"", b"hello", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"]
        {
            assert!(check(other).unwrap_err().starts_with("Choose a PNG"), "{other:?}");
        }
    }

    #[test]
    fn what_is_cut_or_has_something_behind_its_end_is_damaged() {
        for kind in [LogoKind::Png, LogoKind::Webp, LogoKind::Avif] {
            let whole = sample(kind);
            let with_more = [whole.as_slice(), b"<script>alert(1)</script>"].concat();
            let cut = whole.get(..whole.len() - 3).unwrap();
            for wrong in [with_more.as_slice(), cut] {
                assert!(check(wrong).unwrap_err().contains("damaged"), "{kind:?}");
            }
        }
    }

    #[test]
    fn what_moves_is_not_taken() {
        let mut png = sample(LogoKind::Png);
        let chunk = [&8_u32.to_be_bytes()[..], b"acTL", &[0; 12]].concat();
        png.splice(33..33, chunk);
        assert!(check(&png).unwrap_err().contains("animated"));
        let mut avif = sample(LogoKind::Avif);
        avif.splice(8..12, *b"avis");
        assert!(check(&avif).unwrap_err().contains("animated"));
        let webp = [&b"RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0"[..], &[9, 0, 0, 9, 0, 0]].concat();
        assert!(check(&webp).unwrap_err().contains("animated"));
    }

    #[test]
    fn what_is_too_large_is_not_taken() {
        let mut png = sample(LogoKind::Png);
        png.splice(16..20, 2049_u32.to_be_bytes());
        assert!(check(&png).unwrap_err().contains("2049 × 1 pixels"));
        let mut long = sample(LogoKind::Svg);
        long.resize(BYTES_MAX + 1, b' ');
        assert_eq!(check(&long).unwrap_err(), "Choose a smaller file: this one has 257 KB, at most 256 KB are taken");
    }

    #[test]
    fn whatever_is_sent_no_byte_of_it_brings_the_reader_down() {
        for kind in LogoKind::ALL {
            let whole = sample(*kind);
            for at in 0..whole.len() {
                for value in [0, 1, 0x3C, 0x7F, 0x80, 0xFF] {
                    let mut changed = whole.clone();
                    changed[at] = value;
                    let _ = check(&changed);
                }
                let _ = check(&whole[..at]);
            }
        }
    }
}
