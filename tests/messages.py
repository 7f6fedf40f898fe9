"""Flower's messages, as its SuperLink would hand them out."""

from __future__ import annotations

from flwr.app import Message, Metadata, RecordDict
from flwr.app.message import make_message


def message(content: RecordDict) -> Message:
    """To node 7, of the first run."""
    metadata = Metadata(
        run_id=1,
        message_id="m",
        src_node_id=1,
        dst_node_id=7,
        reply_to_message_id="",
        group_id="",
        created_at=1e9,
        ttl=1e9,
        message_type="train",
    )
    return make_message(metadata=metadata, content=content)
