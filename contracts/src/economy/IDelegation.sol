// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IStakeModule} from "./IStakeModule.sol";

/// @title Stake lent to an operator, for a share of what it adds
/// @notice A pool an operator. A delegator opens a position in GmFlock with this module and the operator's address as the subject;
/// its units and votes stay its own. A module that the operator works in (AI Arena) computes what delegation added, D (V2.1,
/// RewardMath.delegatedShare), and pays D here: sigma D to the operator at once, the rest to the delegators, evenly over the
/// 7 days that follow, by weight. Nobody uploads percentages.
/// @dev Why over 7 days: a delegator gets for the seconds that it is there, so one that comes a block before a payment and leaves
/// gains nothing on one that stays. Who announces an exit after a payment still gets all of it, if the pool's exit delay is 7 days.
/// Why the first delegator and donors gain nothing: rewards are counted by what `pay` pulled, never by balance; and a pool without
/// delegators holds nothing for the next to come, since what is left goes to the operator when the last one leaves.
/// Parameters are copied by a pool when it is opened. Pools need no gate of the guardian: the positions, which are what enters, do.
/// Money is FLOCK wei, weight is gmFLOCK wei, sigma is in 1e18, times are Unix seconds. Every division rounds against the claimer.
interface IDelegation is IStakeModule {
    struct Rules {
        /// bounds of sigma, the operator's share of D
        uint64 minSigma;
        uint64 maxSigma;
        /// from announcing a new sigma until it holds
        uint32 changeDelay;
        /// from announcing an exit until it is possible; at most changeDelay, so that one can leave before a change
        uint32 exitDelay;
        uint16 operatorFeeBps;
        uint16 delegatorFeeBps;
    }

    struct PoolView {
        Rules rules;
        /// of all its positions
        uint256 weight;
        /// as of now
        uint256 sigma;
        /// announced; nextSigmaAt is 0 when there is none
        uint256 nextSigma;
        uint256 nextSigmaAt;
        uint256 frozenUntil;
        /// for the delegators, not handed out yet, and when it all will be
        uint256 left;
        uint256 streamEnds;
        uint256 slashes;
    }

    struct Delegated {
        address owner;
        address operator;
        uint128 weight;
        /// from when it may leave; 0 while it was not announced
        uint40 exitAt;
        /// slashes of the pool that it has paid for
        uint8 slashes;
        /// the pool's accumulator when it was last settled
        uint256 from;
    }

    event RulesChanged(Rules rules);
    event ModuleListed(address indexed module, bool listed);
    event PoolOpened(address indexed operator, uint256 sigma, Rules rules);
    event SigmaAnnounced(address indexed operator, uint256 sigma, uint256 from);
    event Frozen(address indexed operator, address indexed module, uint256 until);
    event DelegationChanged(
        address indexed operator, uint256 indexed position, address indexed owner, uint256 weight, uint256 poolWeight
    );
    event ExitAnnounced(uint256 indexed position, uint256 exitAt);
    event Exited(uint256 indexed position);
    /// @param endedAt of the work that is paid: the sigma of that time divided it
    event Paid(
        address indexed operator, address indexed module, uint256 toOperator, uint256 toDelegators, uint256 endedAt
    );
    event Claimed(address indexed account, uint256 amount);
    event PoolSlashed(address indexed operator, address indexed module, uint256 fraction, address indexed prover);

    error NotGovernance(address caller);
    error NotGmFlock(address caller);
    error NotListed(address caller);
    error NotOwner(address caller);
    error ZeroAddress();
    error ZeroAmount();
    /// @param rule ASCII name of the first rule out of bounds
    error BadRule(bytes32 rule);
    error BadSigma(uint256 sigma);
    error BadSubject(uint256 subject);
    error BadFraction(uint256 fraction);
    /// @notice Work that is yet to end, or ended before there was a pool; or an end that is too far ahead to freeze for.
    error BadEnd(uint256 endedAt);
    error PoolExists(address operator);
    error UnknownPool(address operator);
    error PoolOverSlashed(address operator);
    error UnknownPosition(uint256 position);
    error ExitAlreadyAnnounced(uint256 position);
    /// @param exitAt 0 while it was not announced
    error CannotExitYet(uint256 exitAt);
    error NothingToClaim();
    error NotStakedThere(address operator, address module);

    // ---------------------------------------------------------------- operators

    /// @notice Opens the caller's pool, with the rules of this moment for ever.
    function openPool(uint256 sigma) external;

    /// @notice Announces a new share; it holds after the change delay, and not before a freeze is over. Replaces one that is pending.
    function announceSigma(uint256 sigma) external;

    // ---------------------------------------------------------------- delegators (they come by GmFlock.openPosition)

    /// @notice Starts the exit delay of the caller's position. It earns, and can be slashed, until `exit`.
    function announceExit(uint256 position) external;

    /// @notice Closes the caller's position; its lock is free again, and what it earned stays to be claimed. Nothing can refuse it.
    function exit(uint256 position) external;

    /// @notice Pays what an account has earned, to that account, whoever calls. The treasury gets its fees by it too.
    function claim(address account) external returns (uint256 amount);

    /// @notice Brings a position up to date: slashes of its pool, what it earned, its weight in GmFlock. Anybody may; provers will.
    function refresh(uint256 position) external;

    // ---------------------------------------------------------------- modules that governance listed

    /// @notice Pulls what delegation added to an operator's reward from the caller, and divides it by the sigma of `endedAt`.
    /// With no delegators left all of it is the operator's.
    function pay(address operator, uint256 amount, uint40 endedAt) external;

    /// @notice Keeps sigma as it is from now until 2 days after a task's end. Called in the 2 days before the end, or later.
    function freeze(address operator, uint40 endsAt) external;

    /// @notice Takes a fraction of every position in the pool of an operator that cheated in the caller, where it has a position
    /// (`operatorPosition`) open. Each position pays when it is next touched, at the latest when it leaves: GmFlock sends nine
    /// tenths to the treasury and the rest to the prover. Positions that come later pay nothing.
    /// @param fraction in 1e18
    function slash(address operator, uint256 operatorPosition, uint256 fraction, address prover) external;

    // ---------------------------------------------------------------- governance

    /// @notice For pools that are opened from now on.
    function setRules(Rules calldata rules) external;
    function setListed(address module, bool listed) external;

    // ---------------------------------------------------------------- views

    function pool(address operator) external view returns (PoolView memory);
    function sigmaAt(address operator, uint256 time) external view returns (uint256);
    function delegation(uint256 position) external view returns (Delegated memory);
    /// @notice What an account could claim at once; what its positions have earned since they were last touched comes on top.
    function owed(address account) external view returns (uint256);
    /// @return net what a position has earned since it was last touched, less the fee, as of now
    function earned(uint256 position) external view returns (uint256 net);
}
