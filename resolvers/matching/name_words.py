"""Words of names: titles, particles, generations, legal forms, and short forms that the English list lacks."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


HONORIFICS = _set("""
    mr mrs ms miss mx sir madam dr doc prof professor herr frau dipl ing mag sr sra srta srita senor senora don dona
    dna mme mlle monsieur madame signor signora gospodin gospozha rev fr""")
PARTICLES = _set("da das de del della den der des di do dos du la las le los van von y e zu zum zur ten ter")
# Those that are a family name as well count only behind two other words.
GENERATIONS = {
    "jr": "jr", "junior": "jr", "filho": "jr", "hijo": "jr", "sr": "sr", "senior": "sr", "pai": "sr", "neto": "iii",
    "ii": "ii", "iii": "iii", "iv": "iv", "2nd": "ii", "3rd": "iii",
}  # fmt: skip
ALWAYS_GENERATIONS = frozenset({"jr", "sr", "ii", "iii", "iv"})
LEGAL_FORMS = _set("""
    gmbh ag kg kgaa ohg ug gbr ev mbh inc incorporated llc llp ltd limited plc corp corporation co company sa sas sl sll
    slu slne scom scoop srl spa bv nv ab as oy sarl ltda me eireli epp cia ooo zao oao pao ao ip nko gup rao""")
# Those of them that are nobody's family name.
COMPANY_ENDINGS = _set(
    "gmbh kgaa ohg inc incorporated llc llp ltd limited plc corp corporation ltda eireli sarl slu sll"
)
PATRONYMICS = ("ovich", "evich", "ovna", "evna", "ichna", "inichna")

# One line a name: the full form first, then its short forms. English ones come from the package `nicknames`.
_VARIANTS = """
johannes hans johann hannes
josef sepp
friedrich fritz
heinrich heinz heiner
nikolaus klaus
wilhelm willi
georg schorsch jorg
michael michi
anton toni
matthias hias
siegfried sigi
ludwig lutz
gunther gunter
katharina kathi kati
elisabeth lisa liesl elli sissi
margarete grete gretel
susanne susi
stefanie steffi
gabriele gabi
angelika geli
sabine bine
franziska franzi
jose pepe
francisco paco pancho curro chico
ignacio nacho
enrique quique
manuel manolo
javier javi
guillermo guille
eduardo edu dudu
rafael rafa
fernando nando
alejandro jandro
santiago santi
sebastiao tiao
vicente vicen
dolores lola
concepcion concha conchi
rosario charo
mercedes merche
francisca paca paqui
isabel isa
beatriz bia bea
leonardo leo
henrique rique
alexandre xande
antonio tonho toninho
aleksandr sasha shura
aleksandra sasha shura
dmitriy dima mitya
dmitrii dima mitya
vladimir vova volodya
vladislav vlad
nikolay kolya
sergey serezha seryozha
konstantin kostya
ivan vanya
petr petya
aleksey alyosha lyosha
mikhail misha
yevgeniy zhenya
evgeniy zhenya
evgeniya zhenya
yuriy yura
grigoriy grisha
pavel pasha
viktor vitya
valentin valya
valentina valya
anatoliy tolya
maksim maks
ekaterina katya
yekaterina katya
mariya masha
natalya natasha
olga olya
tatyana tanya
elena lena
yelena lena
anastasiya nastya
anna anya
irina ira
svetlana sveta
yuliya yulya
lyudmila lyuda
galina galya
"""
VARIANTS = tuple(tuple(line.split()) for line in _VARIANTS.strip().splitlines())
