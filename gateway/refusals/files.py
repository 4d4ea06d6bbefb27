"""Refusals of uploaded files (services/chassis/uploads.py)."""

from gateway.translation import N_

REFUSALS = {
    "file_unknown": (404, N_("Ce fichier n’est plus disponible. Envoyez-le de nouveau.")),
    "file_empty": (422, N_("Ce fichier est vide. Choisissez-en un autre.")),
    "file_too_large": (413, N_("Ce fichier est trop volumineux. La limite est de 10 Mo.")),
    "file_kind_refused": (415, N_("Ce format n’est pas accepté. Envoyez un fichier PNG, JPEG, GIF ou PDF.")),
    "file_unreadable": (422, N_("Ce fichier est illisible ou abîmé. Refaites la photo ou le scan, puis renvoyez-le.")),
    "file_encrypted": (422, N_("Ce PDF est protégé par un mot de passe. Enlevez la protection, puis renvoyez-le.")),
    "file_too_many_pixels": (422, N_("Cette image est trop grande. Envoyez une image de moins de 50 mégapixels.")),
    "file_too_many_pages": (422, N_("Ce PDF doit contenir entre 1 et {max_pages} pages.")),
    "file_infected": (422, N_("L’antivirus a refusé ce fichier. Vérifiez votre appareil et envoyez un autre fichier.")),
}
