"""Words beside a name that tell what is meant."""

# Lower case, as bytes: they are compared with pieces of an encoded text.
MONEY = frozenset(
    b"""
    buy buying bought sell selling sold sells buys hold holding holds hodl hodling long short shorts shorting shorted
    price prices priced invest investing invested investor investors investment trade trading traded trader bullish
    bearish bull bear rally rallies rallied dip dips pump pumping dump dumping moon gain gains loss losses
    profit profits market markets cap undervalued overvalued worth valuation portfolio position usd dollars
    """.split()
)
COIN = frozenset(
    b"""
    coin coins crypto cryptocurrency cryptocurrencies token tokens blockchain wallet wallets hodl hodling mining miner
    miners mined altcoin altcoins defi nft nfts staking satoshi satoshis sats ledger binance coinbase kraken airdrop
    halving bitcoin btc ethereum eth dogecoin doge meme memecoin stablecoin moon onchain mainnet
    """.split()
)
STOCK = frozenset(
    b"""
    stock stocks share shares shareholder shareholders equity equities earnings dividend dividends revenue quarter
    quarterly q1 q2 q3 q4 eps ipo nasdaq nyse calls puts ticker ceo cfo company companies corporation inc corp
    analyst analysts guidance buyback acquisition acquire acquired acquires merger shorts downgrade upgrade
    downgraded upgraded outlook forecast sec filing customers employees investors chairman
    """.split()
)

# What else a name stands for: words directly before or behind it that say so, and words anywhere near. Names are
# written here as `canonical` writes them.
# What companies do, directly behind their name.
COMPANY_VERBS = frozenset(
    b"""
    raises reports cuts beats misses sues recalls launches unveils posts shares stock jumps falls rises drops soars
    plunges tumbles slides gains climbs sinks hires names plans agrees buys acquires wins loses expands closes lays
    slashes lifts warns says sees earnings announces declares signs sells trades tops slumps surges rallies
    shareholders investors guidance options calls puts delays halts suspends appoints exits doubles boosts trims
    lowers expects reaffirms files
    """.split()
)
# Where people write, and only with evidence of the share a mention of the company.
PLATFORMS = frozenset(
    {"reddit", "discord", "youtube", "snapchat", "pinterest", "telegram", "twitch", "tiktok", "roblox"}
)
PLACES = frozenset(b"on of to from via in at my this your through by with".split())
POSITIONS = frozenset(b"long short buy bought sell sold buying selling shorting holding own hold grabbed trade".split())
# Words beside a symbol without capitals that make a trade of it.
TRADES = frozenset(
    b"""
    buy buying bought sell selling sold hold holding long short shorting shorted calls call puts put shares share
    stock stocks yolo yoloed into load loaded loading hodl options option moon mooning squeeze squeezing earnings
    price ticker bullish bearish dip bags bagholders gang gains leaps position strike weeklies dumping pumping
    printing ripping tanking tendies red green flying bleeding drilling covered bag trading trade portfolio pumped
    dumped rally under over above below
    """.split()
)
TOWARDS = frozenset(b"to at hit hits hitting past near".split())
AND = frozenset(b"and or vs".split())
KNOWN_SYMBOLS = frozenset(b"gme amc bb tsla aapl amd nvda msft pltr qqq btc eth doge amzn meta googl nflx".split())
# Words of plain English that in capitals mostly are the symbol.
KNOWN_CAPITALS = frozenset({"SPY", "DIA", "ETH", "BB", "NOK", "COIN"})
SHORT_SYMBOLS = frozenset({"BB"})  # of two letters that people write in small ones in forums
KNOWN_COIN_NAMES = frozenset({"luna", "ripple", "ether", "cosmos"})  # everyday words, but known as coins
# Coins whose bare symbols are widely known.
KNOWN_COIN_SYMBOLS = frozenset(
    [
        "BTC",
        "ETH",
        "USDT",
        "XRP",
        "BNB",
        "SOL",
        "USDC",
        "DOGE",
        "ADA",
        "TRX",
        "AVAX",
        "SHIB",
        "LTC",
        "BCH",
        "XMR",
        "XLM",
        "MATIC",
        "HBAR",
        "ICP",
        "UNI",
        "FIL",
        "ETC",
        "XTZ",
        "EOS",
    ]
)

BESIDE: dict[str, frozenset[bytes]] = {
    "tesla": frozenset(b"nikola coil coils valve turbine".split()),
    "nikola": frozenset([b"tesla"]),
    "ford": frozenset(b"harrison henry gerald betty tom rob doug".split()),
    "disney": frozenset(b"roy lillian".split()),
    "shiba inu": frozenset(b"a an puppy puppies pup dog dogs".split()),
    "doge": frozenset(b"dog dogs meme memes".split()),
    "apple": frozenset(b"big pie pies tree trees juice cider sauce orchard fiona".split()),
    "amazon": frozenset(b"rainforest river forest basin jungle".split()),
    "visa": frozenset(b"work student tourist travel entry reform application applications".split()),
    "delta": frozenset(b"variant v iv ii heavy river".split()),
    "northrop": frozenset([b"jack"]),
    "fisker": frozenset([b"henrik"]),
    "boeing": frozenset([b"william"]),
    "meta": frozenset(b"so very how analysis".split()),
    "shell": frozenset(b"outer inner egg eggs bomb script corp corporation company companies".split()),
    "target": frozenset(b"date dates audience orbit price prices".split()),
    "square": frozenset(b"times red kilometer kilometers mile miles meter meters feet foot root".split()),
    "nike": frozenset(b"goddess".split()),
    "stellar": frozenset(b"job performance work".split()),
    "oracle": frozenset(b"delphi omaha".split()),
    "mars": frozenset(b"planet".split()),
    "dash": frozenset(b"cam".split()),
    "polkadot": frozenset(b"dress dresses pattern print shirt skirt bikini tie dots".split()),
    "gap": frozenset(b"between year years age wage pay up down fill filled".split()),
    "cat": frozenset(b"dead fat the my a".split()),
}
NEAR: dict[str, frozenset[bytes]] = {
    "cronos": frozenset(b"cannabis marijuana pot weed cannabinoid".split()),
    "polkadot": frozenset(b"dress wore wearing skirt fashion".split()),
    "ripple": frozenset(b"water pond effect waves".split()),
    "luna": frozenset(b"park lovegood".split()),
    "amazon": frozenset(
        b"rainforest river forest jungle brazil brazilian deforestation tribe tribes indigenous".split()
    ),
    "apple": frozenset(b"fruit orchard pie cider eat eating ate tree trees".split()),
    "shiba inu": frozenset(b"dog dogs puppy puppies pup breed leash".split()),
    "doge": frozenset(b"venice venetian dog dogs puppy".split()),
    "delta": frozenset(b"variant covid virus rocket rockets orbit stage booster payload ula".split()),
    "shell": frozenset(b"turtle egg snail".split()),
    "visa": frozenset(b"immigration immigrant passport embassy border".split()),
}
