// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Token} from "../src/libraries/Token.sol";
import {IMarketEvents, IProjects, Phase, Standing} from "./Fixture.sol";
import {TokenFixture} from "./TokenFixture.sol";
import {PlainToken} from "./Tokens.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

contract PermitTest is TokenFixture {
    bytes32 private constant PERMIT = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    struct Signature {
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    PlainToken private _token;
    uint256 private _key; // of trainer 0
    address private _trainer;

    function setUp() public override {
        super.setUp();
        _token = new PlainToken();
        _use(address(_token));
        (_trainer, _key) = makeAddrAndKey("trainer 0");
        _approve(0);
    }

    function test_Permit_AndJoinAreOneTransaction() public {
        _createInToken();
        _multicall(_permitAndJoin(_sign(_trainer, _key, terms.trainerStake)));
        assertEq(uint8(_standing(0)), uint8(Standing.Active));
        assertEq(_token.balanceOf(address(market)), DEPOSIT + terms.trainerStake);
        assertEq(_token.allowance(_trainer, address(market)), 0);
    }

    function test_Permit_AndCreateAreOneTransaction() public {
        uint256 key;
        (owner, key) = makeAddrAndKey("owner");
        vm.prank(owner);
        _token.approve(address(market), 0);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permit(DEPOSIT, _sign(owner, key, DEPOSIT));
        calls[1] = abi.encodeCall(IProjects.create, (terms, DEPOSIT, CID, CID));
        vm.prank(owner);
        bytes[] memory results = Multicall(address(market)).multicall(calls);
        assertEq(abi.decode(results[1], (bytes32)), _id());
        _assertPhase(Phase.Joining);
        assertEq(market.locked(_id()), DEPOSIT);
    }

    function test_Permit_ThatSomebodyUsedBeforeStillServes() public {
        _createInToken();
        Signature memory signature = _sign(_trainer, _key, terms.trainerStake);
        vm.prank(outsider);
        _token.permit(
            _trainer,
            address(market),
            terms.trainerStake,
            block.timestamp,
            signature.v,
            signature.r,
            signature.s
        );
        _multicall(_permitAndJoin(signature));
        assertEq(uint8(_standing(0)), uint8(Standing.Active));
    }

    function test_Permit_OfAnotherAccountGivesNothing() public {
        Signature memory signature = _sign(_trainer, _key, 1 ether);
        vm.prank(outsider);
        market.permit(
            IERC20Permit(address(_token)),
            1 ether,
            block.timestamp,
            signature.v,
            signature.r,
            signature.s
        );
        assertEq(_token.allowance(_trainer, address(market)), 0);
        assertEq(_token.allowance(outsider, address(market)), 0);
        assertEq(_token.nonces(_trainer), 0);
    }

    function test_RevertIf_PermitDoesNotCoverTheStake() public {
        _createInToken();
        uint256 short = terms.trainerStake - 1;
        bytes[] memory calls = _permitAndJoin(_sign(_trainer, _key, short));
        calls[0] = _permit(short, _sign(_trainer, _key, short));
        _expectShort(short);
        _multicall(calls);
        assertEq(_token.nonces(_trainer), 0); // not even the signature is used
    }

    function test_RevertIf_SignatureIsWrong() public {
        _createInToken();
        Signature memory signature = _sign(_trainer, _key, terms.trainerStake);
        signature.s ^= bytes32(uint256(1));
        _expectShort(0);
        _multicall(_permitAndJoin(signature));
    }

    function test_RevertIf_SignatureHasExpired() public {
        _createInToken();
        bytes[] memory calls = _permitAndJoin(_sign(_trainer, _key, terms.trainerStake));
        vm.warp(block.timestamp + 1);
        _expectShort(0);
        _multicall(calls);
    }

    // --- several calls and one value -----------------------------------------------------------

    function test_RevertIf_MulticallCarriesCoins() public {
        terms.token = IERC20(address(0));
        _create();
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(IProjects.join, (terms, _uninvited()));
        uint256 stake = terms.trainerStake;
        vm.prank(_trainer);
        (bool done,) =
            address(market).call{value: stake}(abi.encodeCall(Multicall.multicall, (calls)));
        assertFalse(done);
        assertEq(address(market).balance, DEPOSIT);
        vm.expectRevert(abi.encodeWithSelector(Token.WrongValue.selector, 0, stake));
        _multicall(calls);
    }

    function test_RevertIf_OneOfSeveralCallsFails() public {
        _createInToken();
        bytes[] memory calls = new bytes[](3);
        calls[0] = _permit(1 ether, _sign(_trainer, _key, 1 ether));
        calls[1] = abi.encodeCall(IProjects.join, (terms, _uninvited()));
        calls[2] = calls[1];
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.AlreadyJoined.selector, _trainer));
        _multicall(calls);
        assertEq(uint8(_standing(0)), uint8(Standing.None));
        assertEq(_token.balanceOf(_trainer), PURSE);
    }

    function _multicall(bytes[] memory calls) private {
        vm.prank(_trainer);
        Multicall(address(market)).multicall(calls);
    }

    function _permitAndJoin(Signature memory signature)
        private
        view
        returns (bytes[] memory calls)
    {
        calls = new bytes[](2);
        calls[0] = _permit(terms.trainerStake, signature);
        calls[1] = abi.encodeCall(IProjects.join, (terms, _uninvited()));
    }

    function _permit(uint256 amount, Signature memory signature)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeCall(
            IProjects.permit,
            (
                IERC20Permit(address(_token)),
                amount,
                block.timestamp,
                signature.v,
                signature.r,
                signature.s
            )
        );
    }

    function _sign(address account, uint256 key, uint256 amount)
        private
        view
        returns (Signature memory signature)
    {
        bytes32 content = keccak256(
            abi.encode(
                PERMIT, account, address(market), amount, _token.nonces(account), block.timestamp
            )
        );
        (signature.v, signature.r, signature.s) = vm.sign(
            key, keccak256(abi.encodePacked("\x19\x01", _token.DOMAIN_SEPARATOR(), content))
        );
    }

    function _approve(uint256 amount) private {
        vm.prank(_trainer);
        _token.approve(address(market), amount);
    }

    function _expectShort(uint256 allowance) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector,
                address(market),
                allowance,
                terms.trainerStake
            )
        );
    }
}
