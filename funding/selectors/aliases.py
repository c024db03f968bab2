"""Names that countries go by and no list has: former, short, and those of English that ISO 3166 does without."""

from __future__ import annotations

from collections.abc import Mapping

ALIASES: Mapping[str, tuple[str, ...]] = {
    "ARE": ("UAE", "Emirates"),
    "BFA": ("Upper Volta", "Haute-Volta"),
    "BLR": ("Belorussia", "Biélorussie"),
    "BOL": ("Bolivia",),
    "CAF": ("CAR", "RCA", "Centrafrique"),
    "CIV": ("Ivory Coast", "Cote d'Ivoire", "Costa de Marfil"),
    "COD": ("DRC", "DR Congo", "RDC", "RD Congo", "Congo-Kinshasa", "Zaire", "Zaïre"),
    "COG": ("Congo-Brazzaville", "Republic of the Congo"),
    "CPV": ("Cape Verde", "Cap-Vert"),
    "CZE": ("Czech Republic", "République tchèque", "República Checa"),
    "FSM": ("Micronesia",),
    "GBR": ("UK", "Britain", "Great Britain"),
    "IRN": ("Iran",),
    "KOR": ("South Korea", "Corée du Sud", "Corea del Sur"),
    "LAO": ("Laos",),
    "MDA": ("Moldova", "Moldavie", "Moldavia"),
    "MKD": ("Macedonia", "FYROM"),
    "MMR": ("Burma", "Birmanie", "Birmania"),
    "NLD": ("Holland", "The Netherlands"),
    "PRK": ("North Korea", "DPRK", "Corée du Nord", "Corea del Norte"),
    "PSE": ("Palestine", "oPt", "Occupied Palestinian Territory", "Gaza", "West Bank and Gaza", "Gaza and West Bank"),
    "RUS": ("Russia", "Russie", "Rusia"),
    "SRB": ("Serbia and Montenegro",),
    "SWZ": ("Swaziland", "Suazilandia"),
    "SYR": ("Syria", "Syrie", "Siria"),
    "TLS": ("East Timor", "Timor oriental"),
    "TUR": ("Turkey", "Turquie", "Turquía"),
    "TZA": ("Tanzania", "Tanzanie", "Tanzanía"),
    "USA": ("US", "United States", "America"),
    "VAT": ("Vatican",),
    "VEN": ("Venezuela",),
    "VNM": ("Vietnam",),
}
"""By ISO3. What a name begins with needs no entry for being found, only for being found as exactly that."""
