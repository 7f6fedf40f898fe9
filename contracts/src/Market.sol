// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rounds} from "./Rounds.sol";
import {Transitions} from "./Transitions.sol";
import {IProjects} from "./interfaces/IProjects.sol";
import {IReferee} from "./interfaces/IReferee.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {
    Announcement,
    Draw,
    Phase,
    Project,
    Reveal,
    Standing,
    Terms,
    Trainer
} from "./interfaces/State.sol";
import {Point} from "./libraries/Bn254.sol";
import {Commitment} from "./libraries/Commitment.sol";
import {Ring} from "./libraries/Ring.sol";
import {Token} from "./libraries/Token.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Projects and their money; IProjects documents every method
/// @notice What happens in a round is the code of Rounds, on this contract's state: together they are
/// an IMarket. One contract could not hold both.
contract Market is Transitions, IProjects, Multicall {
    using Ring for Draw;
    using SafeCast for uint256;
    using Token for IERC20;

    uint256 internal constant MAX_TEXT_BYTES = 256;

    /// @inheritdoc IProjects
    address public immutable rounds;
    /// @inheritdoc IProjects
    IVerifierRegistry public immutable registry;

    constructor(Rounds code) Transitions(code.referee()) {
        rounds = address(code);
        registry = code.registry();
    }

    /// @dev Rounds is fixed when this is deployed, has no other state than this one's and no
    /// delegatecall of its own.
    // slither-disable-next-line locked-ether: withdraw sends it.
    fallback() external {
        address code = rounds;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), code, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(done) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }

    /// @inheritdoc IProjects
    function announce(bytes32 encryptionKey, string calldata endpoint, string calldata peer)
        external
    {
        _requireText(endpoint);
        _requireText(peer);

        _announced[msg.sender] = Announcement(encryptionKey, endpoint, peer);
        emit Announced(msg.sender, encryptionKey, endpoint, peer);
    }

    // --- joining -------------------------------------------------------------------------------

    /// @inheritdoc IProjects
    function create(
        Terms calldata terms,
        uint256 deposit,
        string calldata specCid,
        string calldata modelCid
    ) external payable nonReentrant returns (bytes32 id) {
        id = _idOf(terms);
        REFEREE.requireSound(terms, MAX_AMOUNT);
        _requireVerifier(terms);
        require(msg.sender == terms.owner, NotOwner(msg.sender, terms.owner));
        require(_projects[id].phase == Phase.None, ProjectExists(id));
        _requireCid(specCid);
        _requireCid(modelCid);
        _requireAmount(deposit);
        uint256 fees = uint256(terms.aggregatorFee) * terms.rounds;
        require(deposit > fees, BadTerms("deposit does not exceed the fees"));

        Project storage p = _projects[id];
        p.phase = Phase.Joining;
        p.deadline = _after(terms.joinSeconds);
        p.learningRate = terms.learningRate;
        p.trainerBudget = (deposit - fees).toUint128();
        p.budget = p.trainerBudget;
        p.feeBudget = fees.toUint128();
        p.bonds = terms.ownerBond;
        p.model = terms.model;
        _requireCovered(terms, p);

        emit Created(id, terms, deposit, specCid, modelCid);

        _deposit(terms, deposit + terms.ownerBond);
    }

    /// @inheritdoc IProjects
    function fund(Terms calldata terms, uint256 amount) external payable nonReentrant {
        (bytes32 id, Project storage p) = _live(terms);
        _requireAmount(amount);
        _requireAmount(p.budget + amount);

        p.trainerBudget += amount.toUint128();
        p.budget += amount.toUint128();
        _requireCovered(terms, p);
        emit Funded(id, msg.sender, amount);

        _deposit(terms, amount);
    }

    /// @inheritdoc IProjects
    function cancel(Terms calldata terms) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Joining);
        require(msg.sender == terms.owner, NotOwner(msg.sender, terms.owner));
        require(p.active == 0, HasTrainers(p.active));

        _close(terms, id, p, Phase.Cancelled);
    }

    /// @inheritdoc IProjects
    function bond(Terms calldata terms) external payable nonReentrant {
        (bytes32 id, Project storage p) = _live(terms);
        require(_isNamed(terms, msg.sender), NotNamed(msg.sender));
        // Who could stake again after a missed deadline could hold the round up for as long as it pays.
        require(!_dismissed[id][msg.sender], Dismissed(msg.sender));
        uint256 missing = terms.aggregatorStake - _aggregatorStake[id][msg.sender];
        require(missing != 0, AlreadyBonded(msg.sender));

        _aggregatorStake[id][msg.sender] = terms.aggregatorStake;
        p.stakes += missing.toUint128();
        p.bonded += missing.toUint128();
        emit AggregatorBonded(id, msg.sender, missing);

        if (p.aggregator == address(0)) _takeOffice(id, p, msg.sender);
        _openIfFull(terms, id, p);

        _deposit(terms, missing);
    }

    /// @inheritdoc IProjects
    function join(Terms calldata terms, bytes32[] calldata proof) external payable nonReentrant {
        (bytes32 id, Project storage p) = _in(terms, Phase.Joining);
        _requireBefore(p.deadline);
        _requireInvited(terms, proof);
        require(p.active < terms.participants, NoFreePlace(terms.participants));
        Trainer storage t = _trainer[id][msg.sender];
        require(t.standing == Standing.None, AlreadyJoined(msg.sender));

        t.standing = Standing.Active;
        t.stake = uint256(terms.trainerStake).toUint96();
        ++p.active;
        p.stakes += terms.trainerStake;
        emit Joined(id, msg.sender, terms.trainerStake);

        _openIfFull(terms, id, p);

        _deposit(terms, terms.trainerStake);
    }

    /// @inheritdoc IProjects
    function exit(Terms calldata terms) external {
        (bytes32 id, Project storage p) = _live(terms);
        Trainer storage t = _trainer[id][msg.sender];
        require(t.standing == Standing.Active, NotATrainer(msg.sender));

        uint64 freeAt = _after(terms.exitSeconds);
        _freeAt[id][msg.sender] = freeAt;
        emit Leaving(id, msg.sender, freeAt);

        _countOut(terms, id, p, t, Standing.Leaving);
    }

    /// @inheritdoc IProjects
    function dispute(Terms calldata terms) external payable nonReentrant {
        (bytes32 id, Project storage p) = _live(terms);
        bool contested = p.phase == Phase.Contest;
        bool open = p.round == 0 && p.phase < Phase.Audit && !p.audit.held && !_isMeasured(terms);
        require(
            (open || contested) && terms.arbiters.length != 0 && p.audit.disputer == address(0),
            NotDisputable(id)
        );

        p.audit.disputer = msg.sender;
        p.bonds += terms.disputeBond;
        emit Disputed(id, msg.sender, terms.disputeBond);

        if (p.phase == Phase.Settle || contested) {
            // An aggregator that missed its deadline gets no other one for a bond.
            _requireBefore(p.deadline);
            _openAudit(terms, id, p);
        }

        _deposit(terms, terms.disputeBond);
    }

    // --- money out -----------------------------------------------------------------------------

    /// @inheritdoc IProjects
    function permit(
        IERC20Permit token,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // Anybody may have used the signature first; what counts is the allowance.
        try token.permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
    }

    /// @inheritdoc IProjects
    function withdraw(Terms calldata terms) external nonReentrant returns (uint256 amount) {
        bytes32 id = _idOf(terms);
        amount = _takeDue(id, msg.sender);
        require(amount != 0, NothingToWithdraw(msg.sender));
        emit Withdrawn(id, msg.sender, amount);

        terms.token.push(msg.sender, amount);
    }

    /// @inheritdoc IProjects
    /// @dev What a refused push leaves is booked back; until then nothing is due, and all that moves
    /// money is non-reentrant.
    // slither-disable-next-line reentrancy-no-eth
    function withdrawFor(Terms calldata terms, address[] calldata accounts) external nonReentrant {
        bytes32 id = _idOf(terms);
        for (uint256 i; i < accounts.length; ++i) {
            uint256 amount = _takeDue(id, accounts[i]);
            if (amount == 0) continue;
            if (terms.token.tryPush(accounts[i], amount)) {
                emit Withdrawn(id, accounts[i], amount);
            } else {
                _credit[id][accounts[i]] += amount;
            }
        }
    }

    // --- views ---------------------------------------------------------------------------------

    /// @inheritdoc IProjects
    function referee() external view returns (IReferee) {
        return REFEREE;
    }

    /// @inheritdoc IProjects
    function idOf(Terms calldata terms) external view returns (bytes32) {
        return _idOf(terms);
    }

    /// @inheritdoc IProjects
    function commitmentOf(
        address account,
        bytes32 id,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) external pure returns (bytes32) {
        return Commitment.hashOf(account, id, round, point, cid, salt);
    }

    /// @inheritdoc IProjects
    function withdrawable(Terms calldata terms, address account) external view returns (uint256) {
        bytes32 id = _idOf(terms);
        (uint256 gain, uint256 claim) = _shares(id, account);
        return credit(id, account) + gain + claim + _freeTrainerStake(id, account)
            + _freeAggregatorStake(id, account);
    }

    /// @inheritdoc IProjects
    function locked(bytes32 id) external view returns (uint256) {
        Project storage p = _projects[id];
        return uint256(p.trainerBudget) + p.feeBudget + p.stakes + p.bonds + p.forfeited + p.owed;
    }

    /// @inheritdoc IProjects
    function project(bytes32 id) external view returns (Project memory) {
        return _projects[id];
    }

    /// @inheritdoc IProjects
    function trainer(bytes32 id, address account) external view returns (Trainer memory) {
        return _trainer[id][account];
    }

    /// @inheritdoc IProjects
    function announcement(address account) external view returns (Announcement memory) {
        return _announced[account];
    }

    /// @inheritdoc IProjects
    function aggregatorStake(bytes32 id, address account) external view returns (uint256) {
        return _aggregatorStake[id][account];
    }

    /// @inheritdoc IProjects
    function commitmentIn(bytes32 id, uint256 epoch, address account)
        external
        view
        returns (bytes32)
    {
        return _commitments[id][epoch][account];
    }

    /// @inheritdoc IProjects
    function reveals(bytes32 id, uint256 epoch) external view returns (Reveal[] memory) {
        return _reveals[id][epoch];
    }

    /// @inheritdoc IProjects
    function isDrawn(bytes32 id, address account) external view returns (bool) {
        Draw storage draw = _projects[id].draw;
        return draw.covers(draw.seedOf(id), account);
    }

    /// @inheritdoc IProjects
    function isSilent(bytes32 id, address account) external view returns (bool) {
        return _isSilent(id, account);
    }

    /// @inheritdoc IProjects
    function credit(bytes32 id, address account) public view returns (uint256) {
        return _credit[id][account] + _trainer[id][account].credit;
    }

    // --- checks --------------------------------------------------------------------------------

    /// @dev By what aggregators have at stake, or in Joining by what they could have.
    function _requireCovered(Terms calldata terms, Project storage p) private view {
        uint256 covered = p.phase == Phase.Joining
            ? terms.aggregators.length * uint256(terms.aggregatorStake)
            : p.bonded;
        uint256 pot = _mostAtRisk(terms, p);
        require(pot <= covered, PotNotCovered(pot, covered));
    }

    /// @dev The registry answers zero for what it does not know.
    function _requireVerifier(Terms calldata terms) private view {
        address verifier = address(registry.verifierOf(terms.circuit, terms.verifierCodeHash));
        require(verifier != address(0), NoVerifier(terms.circuit, terms.verifierCodeHash));
    }

    function _requireInvited(Terms calldata terms, bytes32[] calldata proof) private view {
        if (terms.invited == 0) return;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(msg.sender))));
        require(MerkleProof.verifyCalldata(proof, terms.invited, leaf), NotInvited(msg.sender));
    }

    function _isNamed(Terms calldata terms, address account) private pure returns (bool) {
        for (uint256 i; i < terms.aggregators.length; ++i) {
            if (terms.aggregators[i] == account) return true;
        }
        return false;
    }

    function _requireAmount(uint256 amount) private pure {
        require(amount != 0 && amount <= MAX_AMOUNT, AmountOutOfRange(amount, MAX_AMOUNT));
    }

    function _requireText(string calldata text) private pure {
        uint256 length = bytes(text).length;
        require(length <= MAX_TEXT_BYTES, TextTooLong(length, MAX_TEXT_BYTES));
    }
}
