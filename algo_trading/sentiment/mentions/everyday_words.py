"""Words that are names of instruments, too, and stand in a text mostly as what they are in plain English.

`COMMON` are words that any text may have at any place, at the start of a sentence, too, and abbreviations in capitals.
`SCARCE` are words that are rare enough in plain English that a capital letter mostly makes a name of them (Apple).
"""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_GRAMMAR = """
a about above across after again against all almost along already also although always am among an and another any
anyone anything are around as at away back be became because become been before behind being below between both but
by came can come could did do does doing done down during each either else enough even ever every everyone
everything except few for from further get gets getting give given go goes going gone got had has have having he
her here hers him his how however i if in into is it its itself just keep kept know last less let like made make
makes many may maybe me might more most much must my near never next no nobody none nor not nothing now of off
often on once one only or other our out over own per perhaps put rather really said same saw say says see seen she
should since so some someone soon still such take than that the their them then there these they thing this those
though through thus to together too toward two three four five six seven eight nine ten under until up upon us use
used very via was way we well went were what when where which while who whole whom why will with within without
would yes yet you your
"""

_PLAIN = """
access ace act active add age agree aim air alert alien alpha amp ant any app arc arch ark arm army art ask asset
audio aura auto axis baby back bad badger bag ball band bank bar base basic bass bat bath battle beam bean bear
beat bed bee bell best bet beyond big bill bird bit black blaze block blood blue board boat body bond bone book
boost box boy brain brave bread break brick bridge bright build bull burn burst business bus buy cake call can
candy cap capital car card care cars cart case cash cast cat catch cell center central chain chance change charm
charge chart chase check chess child choice chop city class clean clear click climb clock close cloud clover club
coach coal coast code cold color com comb compass compound connect control cook cool copper core corn cost cotton
country craft crash cream credit cross crowd crown cruise cube cup curve cut cyber daily dance dark dash data dawn
day deal deep dent design desk dev dew die digital direct discover dock dog dollar door dot double dragon draw
dream drift drive drop duck dust eagle ear earth ease east easy eat echo edge egg element elite email empire end
energy engine epic era essential eternal event everest evolve exact exchange expert express eye face fact fair
faith fall fan far farm fast fat fear feed feel field fight file film final find fine fire first fish fit fix flag
flash flat flight float floor flow fly fold food foot force fork form fort forward fox frame free fresh friend frog
front fuel full fun fund fuse future game gap garden gas gate gem gene general genesis ghost giant gift girl glass
globe go goat gold golden good grace grand graph grass great green grid group grow growth guard guide gum guru hair
half hand happy harbor hard harvest hash hat hawk head health heart heat heavy help hero hide high hill hit hold
hole home honest honey hope horse host hot hour house hub huge human hunt ice icon idea image impact inch index
info ink inn instant internet invest iron item jet job join joint joke joy juice jump keep key kick kid kind king
kiss kit lab lake land large laser late launch law lead leaf leap learn leg legacy legend lemon level liberty life
lift light like lime line link lion list lit live load loan local lock logic long loop lord lot love low luck lucky
lunch magic mail main major maker man map march mark market mask mass master match math matrix max meal mean meat
media meet member meme memory mention metal meter method middle mile milk mind mine mint minute mirror mob mobile
mode model moment money monkey month moon motion mountain mouse move movie music myth nail name nature neck need
neo nest net network new news nice night noble node noise north note novel now number ocean offer office oil old
online open opinion option orange orbit order origin oxygen pace pack page pain paint pair palm panda paper park
part party pass past path patriot pay peace peak pen people perfect pet phone photo piece pig pilot pin pink pipe
pirate place plan planet plant plate play player plaza plug plus pocket point poker polar pole pool pop port post
pot potato pound power prime print pro problem profit project proof pulse pump punk pure push quick quiet race
radar radio rain ramp range rank rare rate raw ray reach read ready real realm record red reef ref relay rent
request rest return reveal rice rich ride right ring rise river road rock rocket role roll roof room root rose
rough round row rubber rule run rush sad safe sail sale salt same sand save scale school score screen sea search
season seat second seed self sell send sense serve service set shadow shake shape share shark sharp she shift ship
shop short shot show side sign signal silk silver simple sin site size skill skin sky sleep slim slow small smart
smile smoke snake snap snow social soft soil sole solid solution song sonic sort soul sound source south space
spark speed spell spend spider spin spirit split spoon sport spot spring square stack staff stage stake stamp
standard star start state station status stay steady steam steel stem step stock stone stop store storm story
straight stream street strike strong student study style sub success sugar suit summer sun super supply sure surf
swan sweet swift swing switch symbol sync system table tail talk tank target task tax tea team tech tell ten tent
term test text thanks thick thin think thought throne thunder tick ticket tide tie tiger time tip title today token
toll tomorrow tone tool top torch torn total touch tour tower town toy track trade train trap travel tree trend
trial tribe trip true trust truth try tube turbo turn twin type umbrella union unit united unity universe unique
update upper urban urge use user value vault vehicle venture verse very vibe victory video view village vine
virtual vision visit vital vote wage wait walk wall war warm wash watch water wave waves way wealth wear web week
well west whale wheel white wide wife wild win wind window wine wing winner winter wire wisdom wise wish wolf woman
wonder wood wool word work world worm worth wow wrap write wrong year yellow yes yield young zero zone zoom
"""

_ABBREVIATIONS = """
ac ads ai aka am api app ar asap ath atm aws bbc bbq bio brb btw cc cd cdc ceo cfo cgi cia cnn coo cpa cpi cpu crm
cto ctr cv dc ddos de dev dj dm dna doj dvd edu ee el en er es esg esp est etc etf eth eu ev evs fa fad faq fbi fcc
fda fed fifa fps fud fyi gdp gg gmt gn gpa gps gpt gpu hd hiv hq hr html http icu id ie imf imo io ios ip ipo iq
irl irs ira isp it jk kpi kyc la led llc lmao lol ltd mba md mit ml mlb mms mph mri ms msg mvp nasa nato nba nda
nft nfl nhl nsa ny nyc nyse nz oem oh ok omg os pa pc pcr pdf phd pm po pov pr ps psa pt pto qa qr ram rd re rip
rofl roi rpm rsvp sdk sec seo si smh sms sos spa sql ssd st suv tba tbd tbh tech tg tho tl tm tv tx ui uk ul un usa
usb usd ux va vc vip vp vpn vr vs wc who wifi wtf xl yo yolo zip
"""

_SCARCE = """
adobe ally amazon apple arrow atlas aurora avalanche badger canopy caterpillar charter chime circus clover coke
compound cosmos crocs curve dell delta dominion eclipse ether expedition fable fetch flare floki ford fortress gala
galaxy gamma genie gopher grail harmony haven helium hologram horizon icon immutable injective intel iris kraft
lattice leo lido lucid luna mantle marathon maverick medallion merit meta metal micron mosaic nano nautilus nebula
nucleus oasis ontology optimism oracle orchid osmosis paragon paramount peloton pepe phoenix pinnacle polygon
progressive prosper quantum radiant raven render ripple sandbox shell snowflake solar square stellar summit superior
terra tether theta toast travelers trident twist uber unity vega vertex visa whirlpool zen
"""

# Abbreviations of chats and of the trade that are symbols of something, too.
_ACRONYMS = """
ai dd ath eod ceo cfo coo cto ipo etf etfs usa gdp cpi api eps sec fed doj ftc imo imho lol lmao omg fyi btw tbh
smh wtf idk irl afk nvm rip fud yolo fomo hodl kyc apr apy roi pe pt pr hr tv pc ev evs uk eu us un nyc la dc sf am
pm est pst edt utc atm otm itm iv rsi macd sma ema ta fa pdt ira llc inc ltd plc usd eur gbp jpy cad aud nft dao
dex cex gpu cpu ram ssd usb led lcd ar vr xr mr ml lte rna dna fda cdc who nih nasa fbi cia irs nhs bbc cnn nbc cbs
espn nfl nba mlb ufc wwe gop potus faq diy rsvp asap edit op ot nsfw wsb ah pre eow eom eoy ytd qoq yoy mom dm hs
hq id ii iii jr sr vs ok oh no tf bs gg gl brb rn
"""
COMMON = frozenset(f"{_GRAMMAR} {_PLAIN} {_ABBREVIATIONS} {_ACRONYMS} dish dow hp sap ups".split())
SCARCE = frozenset(_SCARCE.split()) - COMMON
FIRST_WORD = re.compile(r"^(?!;)[^ \n]+", re.MULTILINE)  # of each line that is no comment


@cache
def english() -> frozenset[str]:
    """Words of plain English in lower case: the lists that come with TextBlob (P. Norvig's and E. Brill's)."""
    found = find_spec("textblob")  # not imported: that takes a second
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent / "en"
    lists = ((folder / name).read_text(encoding="utf-8") for name in ("en-spelling.txt", "en-lexicon.txt"))
    return frozenset(filter(str.islower, (word for text in lists for word in FIRST_WORD.findall(text))))
