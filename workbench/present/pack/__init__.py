"""The board pack: one short report from the newest run of each analysis, and what changed since the last one."""

from workbench.present.pack.material import Material, Used
from workbench.present.pack.pack import BoardPack, board_pack
from workbench.present.pack.record import PackRecord

__all__ = ["BoardPack", "Material", "PackRecord", "Used", "board_pack"]
