"""Real files to upload: a page of text as PDF, a picture as PNG, made up and harmless."""

import io

import typst
from PIL import Image, ImageDraw


def pdf(title: str, *lines: str) -> tuple[str, bytes, str]:
    """A one-page PDF that says what it stands for: (name, content, media type)."""
    source = f'#set page(paper: "a4")\n= {title}\nDocument de démonstration, sans valeur.'
    source += "".join(f"\n\n{line}" for line in lines)
    content = typst.compile(source.encode(), format="pdf")
    return f"{_file_name(title)}.pdf", bytes(content), "application/pdf"


def rib(iban: str, holder: str) -> tuple[str, bytes, str]:
    """A bank's statement of an account, as a one-page PDF."""
    written = " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
    return pdf("RIB", f"Titulaire : {holder}", f"IBAN : {written}")


def png(title: str) -> tuple[str, bytes, str]:
    """A picture that says what it stands for."""
    image = Image.new("RGB", (900, 560), "#f4f1e8")
    ImageDraw.Draw(image).text((60, 60), f"{title}\nDocument de démonstration, sans valeur.", fill="#222222")
    content = io.BytesIO()
    image.save(content, "PNG")
    return f"{_file_name(title)}.png", content.getvalue(), "image/png"


def _file_name(title: str) -> str:
    return "-".join(title.lower().replace("'", " ").split())
