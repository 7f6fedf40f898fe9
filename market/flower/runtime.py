"""The Runtime API, which a SuperLink serves to server apps and a SuperNode to client apps.

Flower means this interface for the processes that it starts itself. The coordinator and the nodes
speak it from their own processes instead: no code that came over the network is ever run, and no
interpreter has to start and import for each message. Only this module, `connection`, `superlink`
and `supernode` know the insides of flwr 1.41.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

import httpx
from flwr.app import Message, Metadata, RecordDict
from flwr.app.message import make_message, remove_content_from_message
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.proto.message_pb2 import (
    ConfirmMessageReceivedRequest,
    ObjectTree,
    PullObjectRequest,
    PushObjectRequest,
)
from flwr.proto.node_pb2 import Node
from flwr.proto.runtime_pb2 import (
    AcquireTaskRequest,
    GetNodesRequest,
    PullAppMessagesRequest,
    PullTaskInputRequest,
    PushAppMessagesRequest,
    PushTaskOutputRequest,
    SendTaskHeartbeatRequest,
)
from flwr.supercore.constant import TaskType
from flwr.supercore.inflatable.inflatable_object import (
    InflatableObject,
    get_all_nested_objects,
    get_object_tree,
    iterate_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents
from flwr.supercore.interceptors import (
    RuntimeTokenHttpInterceptor,
    RuntimeVersionHttpInterceptor,
    SuperExecAuthHttpInterceptor,
)
from flwr.supercore.runtime import RuntimeHttpClient

from market.errors import TransportError
from market.flower.connection import connect, speaking_to

CLIENT_APP = TaskType.CLIENT_APP
SERVER_APP = TaskType.SERVER_APP

HEARTBEAT_SECONDS = 10.0
"""Flower gives a task up 30 s after it was claimed, and 60 s after its last heartbeat."""
MAX_OBJECTS = 8
"""An honest message is three objects: itself, its record dictionary, its record."""
MAX_PART_BYTES = 128 * 1024

_COMPONENT = {CLIENT_APP: "flwr-clientapp", SERVER_APP: "flwr-serverapp"}
_ACQUIRE = "/flwr.proto.Runtime/AcquireTask"


class TaskQueue:
    """The tasks of one kind that wait at a SuperLink or SuperNode.

    Args:
        address: host:port on loopback.
        kind: `CLIENT_APP` or `SERVER_APP`.
        secret: what that process was given as `--superexec-auth-secret-file`.
    """

    def __init__(self, address: str, kind: TaskType, secret: bytes) -> None:
        self._address = address
        self._kind = kind
        version = RuntimeVersionHttpInterceptor(_COMPONENT[kind])
        auth = SuperExecAuthHttpInterceptor(master_secret=secret, protected_methods=[_ACQUIRE])
        self._client = connect(RuntimeHttpClient, address, version, auth)

    def acquire(self) -> Task | None:
        """Takes the oldest task, which the caller closes; None if none is waiting.

        Raises:
            TransportError: nobody answers there, or the secret is wrong.
        """
        with speaking_to(self._address):
            response = self._client.AcquireTask(
                AcquireTaskRequest(supported_task_types=[self._kind])
            )
        if not response.HasField("task") or not response.token:
            return None
        return Task(self._address, self._kind, response.token)

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Envelope:
    """A message that waits on the other side: its metadata, and the names of its parts."""

    header: Message
    tree: ObjectTree

    @property
    def message_id(self) -> str:
        return self.tree.object_id

    @property
    def reply_to(self) -> str:
        return str(self.header.metadata.reply_to_message_id)


class Task:
    """A claimed task: the right to exchange the messages of one run. Heartbeats until closed.

    Args:
        address: host:port of the SuperLink or SuperNode.
        kind: `CLIENT_APP` or `SERVER_APP`.
        token: proof of the claim.

    Raises:
        TransportError: the claim is not accepted.
    """

    def __init__(self, address: str, kind: TaskType, token: str) -> None:
        self._address = address
        self._client = connect(
            RuntimeHttpClient,
            address,
            RuntimeVersionHttpInterceptor(_COMPONENT[kind]),
            RuntimeTokenHttpInterceptor(token),
        )
        try:
            with speaking_to(address):
                # The answer also carries an app bundle: it is neither unpacked nor kept.
                claim = self._client.PullTaskInput(PullTaskInputRequest())
        except TransportError:
            self._client.close()
            raise
        self.run_id: int = claim.run.run_id
        self.task_id: int = claim.task_id
        self.node_id: int = claim.context.node_id
        self._closed = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="flower-heartbeat", daemon=True)
        self._heart.start()

    def _beat(self) -> None:
        while not self._closed.wait(HEARTBEAT_SECONDS):
            try:
                self._client.SendTaskHeartbeat(SendTaskHeartbeatRequest())
            except (httpx.HTTPError, ValueError, RuntimeError):
                # A lost task shows at the next call that matters; RuntimeError: closed meanwhile.
                continue

    def nodes(self) -> set[int]:
        """Ids of the nodes that are online, as far as the SuperLink knows (it needs a minute)."""
        with speaking_to(self._address):
            return {node.node_id for node in self._client.GetNodes(GetNodesRequest()).nodes}

    def waiting(self, message_ids: Iterable[str] = ()) -> list[Envelope]:
        """Messages for this task, each returned once; for a server app, replies to `message_ids`.

        Raises:
            TransportError: the call failed, or the answer is malformed.
        """
        with speaking_to(self._address):
            response = self._client.PullMessages(
                PullAppMessagesRequest(message_ids=list(message_ids))
            )
            return [
                Envelope(message_from_proto(header), tree)
                for header, tree in zip(
                    response.messages_list, response.message_object_trees, strict=True
                )
            ]

    def open(self, envelope: Envelope) -> Message | None:
        """Fetches a message; None while not all parts of it can be had.

        Raises:
            TransportError: the message is too large or malformed, and will stay so.
        """
        names = [tree.object_id for tree in islice(iterate_object_tree(envelope.tree), MAX_OBJECTS)]
        if envelope.message_id not in names:  # the root comes last
            raise TransportError(f"message has more than {MAX_OBJECTS} parts")
        try:
            with speaking_to(self._address):
                parts = {name: self._pull(name) for name in names}
                if not all(parts.values()):
                    return None
                self._client.ConfirmMessageReceived(
                    ConfirmMessageReceivedRequest(
                        node=self._node, run_id=self.run_id, message_object_id=envelope.message_id
                    )
                )
        except TransportError:
            return None
        if max(map(len, parts.values())) > MAX_PART_BYTES:
            raise TransportError(f"message has a part of more than {MAX_PART_BYTES} bytes")
        message = _inflate(envelope.message_id, parts)
        # The id is the hash of the parts, so the sender could not put it among them.
        vars(message.metadata)["_message_id"] = envelope.message_id
        return message

    def _pull(self, name: str) -> bytes:
        """One part of a message; empty if its sender has not delivered it yet."""
        request = PullObjectRequest(node=self._node, run_id=self.run_id, object_id=name)
        return self._client.PullObject(request).object_content

    def address_to(self, node: int, content: RecordDict, group: str, ttl: float) -> Message:
        """A new message to `node` that expires after `ttl` seconds."""
        metadata = Metadata(
            run_id=self.run_id,
            message_id="",
            src_node_id=self.node_id,
            dst_node_id=node,
            reply_to_message_id="",
            group_id=group,
            created_at=time.time(),
            ttl=ttl,
            message_type="train",
            src_task_id=self.task_id,
        )
        return make_message(metadata=metadata, content=content)

    def push(self, messages: Sequence[Message]) -> list[str]:
        """Hands messages over; returns their ids, an empty one for each that was refused.

        Raises:
            TransportError: the call failed.
        """
        objects: dict[str, InflatableObject] = {}
        headers, trees = [], []
        with speaking_to(self._address), no_object_id_recompute():
            for message in messages:
                vars(message.metadata)["_message_id"] = message.object_id
                headers.append(message_to_proto(remove_content_from_message(message)))
                trees.append(get_object_tree(message))
                objects |= get_all_nested_objects(message)
            response = self._client.PushMessages(
                PushAppMessagesRequest(messages_list=headers, message_object_trees=trees)
            )
            for name in set(response.objects_to_push) & objects.keys():
                self._client.PushObject(
                    PushObjectRequest(
                        node=self._node,
                        run_id=self.run_id,
                        session_id=response.session_id,
                        object_id=name,
                        object_content=objects[name].deflate(),
                    )
                )
        return list(response.message_ids)

    def finish(self) -> None:
        """Reports the task as done.

        Raises:
            TransportError: the call failed.
        """
        with speaking_to(self._address):
            self._client.PushTaskOutput(PushTaskOutputRequest(sub_status="completed", details=""))

    @property
    def _node(self) -> Node:
        return Node(node_id=self.node_id)

    def close(self) -> None:
        """Stops the heartbeat; Flower gives the task up if it was not finished."""
        self._closed.set()
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _inflate(name: str, parts: dict[str, bytes]) -> Message:
    """Puts a message together from parts that a stranger has made.

    Raises:
        TransportError: they are not a message.
    """
    try:
        message = inflate_object_from_contents(name, parts)
    except Exception as error:  # Flower's parsers raise whatever the bytes lead them into
        raise TransportError(f"message cannot be read: {type(error).__name__}") from error
    if not isinstance(message, Message):
        raise TransportError(f"message is a {type(message).__name__}")
    return message
